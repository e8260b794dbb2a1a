import type { Timing } from "../ports.ts";
import type { Intent, IntentKind, Run } from "./record.ts";

/** True while the call may be sent. A worker that was paused beyond the window must not send it any more. */
export function maySend(intent: Intent, nowMs: number, timing: Timing): boolean {
  return nowMs >= intent.atMs - timing.skewMs && nowMs <= intent.atMs + timing.windowMs;
}

/**
 * True while the intent's writer may send the call or wait for its answer. Until then no other worker commits the
 * record.
 */
export function isHeld(intent: Intent, nowMs: number, timing: Timing): boolean {
  return !intent.isRepeatable && nowMs < resolvableAtMs(intent, timing);
}

/**
 * From this time on, by any worker's clock, the intent's writer can neither send the call nor wait for its answer. Other
 * workers may then commit the record, and look for what the call has created.
 */
export function resolvableAtMs(intent: Pick<Intent, "atMs">, timing: Timing): number {
  return intent.atMs + settleMs(timing);
}

/** So long after it was announced, a call can no longer be on its way. */
export function settleMs(timing: Timing): number {
  return timing.windowMs + timing.callTimeoutMs + timing.skewMs;
}

/**
 * A call that is repeated may make something that its image id does not show: Nova's snapshots of the volumes, and the
 * upload of a volume that has lost the id by then. The inventory looks for that by name.
 */
export function isWatchedByName({ source }: Pick<Run, "source">, kind: IntentKind): boolean {
  return source?.volumeBacked === true || kind === "upload-image";
}
