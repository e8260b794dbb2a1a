import * as z from "zod/mini";
import type { Wake } from "../ports.ts";

const wakeSchema = z.strictObject({
  key: z.strictObject({ pk: z.string(), sk: z.string() }),
  version: z.int().check(z.positive()),
});

/** @throws when a message is not ours: it ends in the dead letters, as evidence. */
export function parseWake(body: string): Wake {
  return wakeSchema.parse(JSON.parse(body));
}
