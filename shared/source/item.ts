import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import { storedRecord } from "../stored-record.ts";
import { savedDiskSchema } from "./saved-disk.ts";

const epochMs = z.int().check(z.nonnegative());

const givenImageId = z.strictObject({
  imageId: z.string(),
  /** Until then a request that writes it, uses it or removes it may still be on its way to the cloud. */
  busyUntilMs: epochMs,
});
export type GivenImageId = z.infer<typeof givenImageId>;

/**
 * The record of one server or volume, by its resolved id. It outlives runs. It holds the lock, and remembers that a
 * stopped server must run again, even if its run died or ended without starting the server.
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
    /**
     * Written before a run announces a stop. Cleared when the server is seen ACTIVE or deleted, with no stop under
     * way.
     */
    wishedPower: z.nullable(z.literal("ACTIVE")),
    /** Identifies the wish: an observation made for an earlier one does not clear it. */
    wishedAtMs: z._default(z.nullable(epochMs), null),
    /** Until then, an unanswered stop request may still reach the server, and Regild starts the server again. */
    lateStopUntilMs: z._default(z.nullable(epochMs), null),
    /** Until then, a server that is off may be so by an unanswered stop request of Regild, and not by its guest. */
    unansweredStopUntilMs: z._default(z.nullable(epochMs), null),
    /** The image id that Regild wrote on this volume of the user's, and has to take off again. Null: none. */
    givenImageId: z._default(z.nullable(givenImageId), null),
    /** The one before. A request that is stuck for very long may write it again. */
    lastImageId: z._default(z.nullable(z.string()), null),
    /** Those before it, the newest first. */
    earlierImageIds: z._default(z.array(z.string()), []),
    /** The disk of this server that has to be put back before the server starts. Null: none. */
    savedDisk: z._default(z.nullable(savedDiskSchema), null),
    /** When to check the owner, or to start the server again. Null: not locked, and nothing to start. */
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
 * Time until Regild checks whether the lock's owner is still at work. A worker that was paused across the end of its run
 * may take a lock for the ended run, and nothing else would release that lock. The first check finds such a lock. If the
 * owner is at work, the next check comes when the run is twice as old, after an hour at most.
 * @param runAgeMs 0: the lock is taken now.
 * @returns milliseconds.
 */
export function ownerCheckMs(runAgeMs: number): number {
  return Math.min(Math.max(runAgeMs, OWNER_CHECK_MS), LONGEST_OWNER_CHECK_MS);
}

/** An unanswered stop, or a power-off of a guest that its run waited for in vain, may come this late. Until then, Regild also starts a server again that a person stops. */
export const LATE_STOP_MS = 3_600_000;
const LATE_STOP_CHECK_MS = 5 * 60_000;

/**
 * When to check an unlocked source next, `gapMs` from now at the earliest if something could not be done yet. Null:
 * nothing to do.
 */
export function nextCheckAtMs(source: SourceItem, nowMs: number, gapMs: number): number | null {
  const { wishedPower, lateStopUntilMs, givenImageId: given, savedDisk } = source;
  const lateDetachUntilMs = savedDisk?.stage === "watched" ? savedDisk.lateDetachUntilMs : null;
  if (wishedPower !== null || (savedDisk !== null && lateDetachUntilMs === null))
    return nowMs + gapMs;
  const checks = [
    ...(lateDetachUntilMs === null
      ? []
      : [Math.min(nowMs + LATE_STOP_CHECK_MS, Math.max(nowMs + gapMs, lateDetachUntilMs))]),
    ...(given === null ? [] : [Math.max(nowMs + gapMs, given.busyUntilMs)]),
    ...(lateStopUntilMs === null
      ? []
      : [Math.min(nowMs + LATE_STOP_CHECK_MS, Math.max(nowMs + gapMs, lateStopUntilMs))]),
  ];
  return checks.length === 0 ? null : Math.max(nowMs, Math.min(...checks));
}

/** A stop request without an answer may still arrive. */
export function reckonedWithStop(source: SourceItem, untilMs: number): SourceItem {
  return { ...source, lateStopUntilMs: untilMs, unansweredStopUntilMs: untilMs };
}

/** Releases the lock. Null: the run does not hold it. */
export function released(source: SourceItem, runId: string, nowMs: number): SourceItem | null {
  return source.owner === runId
    ? { ...source, owner: null, reconcileAtMs: nextCheckAtMs(source, nowMs, 0) }
    : null;
}
