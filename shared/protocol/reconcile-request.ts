import * as z from "zod/mini";
import type { ReconcileRequest } from "../ports.ts";

const requestSchema = z.strictObject({
  key: z.strictObject({ pk: z.string(), sk: z.string() }),
  version: z.int().check(z.positive()),
});

/** @throws when a message is not ours: it ends in the dead letters, as evidence. */
export function parseRequest(body: string): ReconcileRequest {
  return requestSchema.parse(JSON.parse(body));
}
