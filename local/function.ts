import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import type { Backend } from "../shared/lambda/backend.ts";
import { importModule } from "#functions";
import { withBackend } from "./backend.ts";
import type { WiredFunction } from "./wiring.ts";

type HandlerContext = Pick<
  Context,
  "functionName" | "awsRequestId" | "callbackWaitsForEmptyEventLoop"
>;

/** The handler of a function. */
export type Handler = (event: unknown, context: HandlerContext) => Promise<unknown>;

const moduleSchema = z.object({
  handler: z.custom<Handler>((value) => typeof value === "function"),
});

export async function load({ module, name }: WiredFunction): Promise<Handler> {
  const loaded: unknown = await importModule(module);
  const parsed = moduleSchema.safeParse(loaded);
  if (!parsed.success) throw new Error(`serverless.yml: function ${name} exports no handler`);
  return parsed.data.handler;
}

export function call(
  backend: Backend,
  functionName: string,
  handler: Handler,
  event: unknown,
): Promise<unknown> {
  // The fields of Lambda's context that middy reads.
  const awsRequestId = randomUUID();
  const context = { functionName, awsRequestId, callbackWaitsForEmptyEventLoop: false };
  return withBackend(backend, () => handler(event, context));
}
