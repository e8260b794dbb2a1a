import * as z from "zod/mini";
import { $ZodError } from "zod/v4/core";
import { maskedUrls } from "../masked-urls.ts";

/** Longest message of an error in a record. */
const MAX_MESSAGE = 1000;

/** Name and message only: a stack or a cause may hold what was sent. */
export const errorSchema = z.strictObject({ name: z.string(), message: z.string() });
export type ErrorText = z.infer<typeof errorSchema>;

export function errorOf(error: unknown): ErrorText {
  const { name, message } = textOf(error);
  return { name, message: maskedUrls(message.replaceAll(/\s+/g, " ")).slice(0, MAX_MESSAGE) };
}

function textOf(error: unknown): ErrorText {
  if (error instanceof $ZodError) return { name: "ZodError", message: issuesOf(error) };
  return error instanceof Error ? error : new Error(String(error));
}

/** zod's own message is a page of JSON. */
function issuesOf({ issues }: $ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}

export function errorLine({ name, message }: ErrorText): string {
  return `${name}: ${message}`;
}
