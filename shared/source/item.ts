import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import { storedRecord } from "../stored-record.ts";

const epochMs = z.int().check(z.nonnegative());

/**
 * One per server or volume, keyed by its resolved id; outlives runs. Holds the lock, and the wish that a
 * server runs again: a run that dies, or ends while the cloud refuses to start it, leaves the wish here.
 */
export const sourceSchema = storedRecord(
  z.strictObject({
    schema: z.literal(2),
    id: z.string(),
    kind: z.enum(["server", "volume"]),
    cloud: z.string(),
    region: z.nullable(z.string()),
    /** The run that holds the lock. */
    owner: z.nullable(z.string()),
    /** Written before a stop is announced; cleared once the server was seen ACTIVE, or gone, with no stop under way. */
    wishedPower: z.nullable(z.literal("ACTIVE")),
    /** Tells one wish from the next: a check of the one before clears no later one. */
    wishedAtMs: z._default(z.nullable(epochMs), null),
    /** A stop that nobody answered may still reach the server until then: nobody else would start it again. */
    lateStopUntilMs: z._default(z.nullable(epochMs), null),
    /** The next check: whether the owner still lives, or another try to start the server. Null: nothing is owed or held. */
    reconcileAtMs: z.nullable(epochMs),
  }),
);
export type SourceItem = z.infer<typeof sourceSchema>;

export function sourceKey(id: string): Key {
  return { pk: `S#${id}`, sk: "lock" };
}

const OWNER_CHECK_MS = 10 * 60_000;
const LONGEST_OWNER_CHECK_MS = 3_600_000;

/**
 * A worker that was paused across the end of its run may still take a lock for it. Nobody would let go of that one, so
 * whoever holds a source is asked after. Such a lock is an ended run's from the first, and the first check finds that; a
 * run that goes on then is asked after again when it is twice as old, within an hour at most.
 * @param runAgeMs 0: the lock is taken now.
 * @returns in how long.
 */
export function ownerCheckMs(runAgeMs: number): number {
  return Math.min(Math.max(runAgeMs, OWNER_CHECK_MS), LONGEST_OWNER_CHECK_MS);
}

/** How long a stop that nobody answered is reckoned with: whoever stops the server by hand finds it running again. */
export const LATE_STOP_MS = 3_600_000;
const LATE_STOP_CHECK_MS = 5 * 60_000;

/** When a source that nobody holds wants its next check; null: nothing is owed. */
export function nextCheckAtMs(source: SourceItem, nowMs: number, gapMs: number): number | null {
  const { wishedPower, lateStopUntilMs } = source;
  if (wishedPower !== null) return nowMs + gapMs;
  if (lateStopUntilMs === null) return null;
  return Math.max(nowMs, Math.min(nowMs + LATE_STOP_CHECK_MS, lateStopUntilMs));
}
