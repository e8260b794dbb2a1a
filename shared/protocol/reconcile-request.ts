import * as z from "zod/mini";
import type { ReconcileRequest } from "../ports.ts";

const requestSchema = z.strictObject({
  key: z.strictObject({ pk: z.string(), sk: z.string() }),
  version: z.int().check(z.positive()),
});

/** @throws if Regild did not write the message. It then becomes a dead letter, as evidence. */
export function parseRequest(body: string): ReconcileRequest {
  return requestSchema.parse(JSON.parse(body));
}
