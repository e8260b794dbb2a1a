import type { Report } from "./report.ts";
import type { Way } from "./way.ts";

export type Decision =
  | { kind: "send"; isLast: boolean; isGoodbye: boolean }
  | { kind: "wait"; untilMs: number }
  | { kind: "done"; why: string };

/** Between two edits, and between two new messages. */
const EDIT_GAP_MS = 15_000;
const POST_GAP_MS = 2 * 60_000;
/** How long before its end the address gets its last message, of a run that goes on. */
const GOODBYE_MS = 60_000;
const SOONEST_MS = 5_000;
const LATEST_MS = 60_000;
/** After so long, notify gives up reporting the end of a run. */
const GIVE_UP_MS = 24 * 3_600_000;

export interface Seen {
  hasEnded: boolean;
  step: string;
  digest: string;
  /** When the run is looked at next. */
  reconcileAtMs: number;
}

/** Decides what to tell a chat now. Keeps the last message of few for the end of the run. */
export function decide(
  report: Report,
  seen: Seen,
  way: Pick<Way, "edits" | "left" | "untilMs"> | null,
  nowMs: number,
): Decision {
  const { told, failingSinceMs } = report;
  if (way === null) return { kind: "done", why: "the platform takes no further message" };
  if (failingSinceMs !== null && nowMs - failingSinceMs > GIVE_UP_MS) {
    return { kind: "done", why: "the platform took no message for a day" };
  }
  if (seen.hasEnded) return { kind: "send", isLast: true, isGoodbye: false };
  const nextLookMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, seen.reconcileAtMs - nowMs + 2_000));
  const untilGoodbyeMs = way.untilMs === null ? null : way.untilMs - GOODBYE_MS;
  if (untilGoodbyeMs !== null && nowMs >= untilGoodbyeMs) {
    return { kind: "send", isLast: true, isGoodbye: true };
  }
  const wait: Decision = {
    kind: "wait",
    untilMs: Math.min(nowMs + nextLookMs, untilGoodbyeMs ?? Number.POSITIVE_INFINITY),
  };
  if (told?.digest === seen.digest) return wait;
  if (told !== null && nowMs < told.atMs + (way.edits ? EDIT_GAP_MS : POST_GAP_MS)) return wait;
  // A new message is worth its place for a new step only.
  if (!way.edits && (way.left <= 1 || told?.step === seen.step)) return wait;
  return { kind: "send", isLast: false, isGoodbye: false };
}
