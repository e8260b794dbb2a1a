import * as z from "zod";
import type { Key } from "../ports.ts";

/**
 * One per server or volume, keyed by its resolved id; outlives runs. Holds the lock, and the wish that a
 * server runs again: a run that dies, or ends while the cloud refuses to start it, leaves the wish here.
 */
export const sourceSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string(),
  kind: z.enum(["server", "volume"]),
  cloud: z.string(),
  region: z.string().nullable(),
  /** The run that holds the lock. */
  owner: z.string().nullable(),
  /** Written before a stop is announced; cleared once the server was seen ACTIVE, or gone, with no stop under way. */
  wishedPower: z.literal("ACTIVE").nullable(),
  /** The next look: whether the owner still lives, or another try to start the server. Null: nothing is owed or held. */
  lookAtMs: z.int().nonnegative().nullable(),
});
export type SourceItem = z.infer<typeof sourceSchema>;

export function sourceKey(id: string): Key {
  return { pk: `S#${id}`, sk: "lock" };
}

/**
 * A worker that was paused across the end of its run may still take a lock for it. Nobody would let go of that one, so
 * whoever holds a source is asked after from time to time.
 */
export const OWNER_CHECK_MS = 10 * 60_000;
