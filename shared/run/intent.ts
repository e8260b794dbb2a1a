import type { Timing } from "../ports.ts";
import type { Intent } from "./record.ts";

/** True while the create may be sent. A worker that was paused beyond the window must not send it any more. */
export function maySend(intent: Intent, nowMs: number, timing: Timing): boolean {
  return nowMs >= intent.atMs - timing.skewMs && nowMs <= intent.atMs + timing.windowMs;
}

/**
 * From this time on, by any worker's clock, the intent's writer can neither send the call nor wait for its answer. Other
 * workers may then commit the record, and look for what the call has created.
 */
/** Its writer may still send it, or wait for the answer: until then nobody else commits the record. */
export function isHeld(intent: Intent, nowMs: number, timing: Timing): boolean {
  return !intent.isRepeatable && nowMs < resolvableAtMs(intent, timing);
}

export function resolvableAtMs(intent: Pick<Intent, "atMs">, timing: Timing): number {
  return intent.atMs + timing.windowMs + timing.callTimeoutMs + timing.skewMs;
}
