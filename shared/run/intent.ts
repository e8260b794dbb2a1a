import type { Timing } from "../ports.ts";
import type { Intent } from "./record.ts";

/** A create is sent within the window or not at all: a worker that was paused longer must not send it any more. */
export function maySend(intent: Intent, nowMs: number, timing: Timing): boolean {
  return nowMs >= intent.atMs - timing.skewMs && nowMs <= intent.atMs + timing.windowMs;
}

/**
 * From then on the intent's writer can neither send nor be waiting for an answer, by any worker's clock, so
 * others may commit the record: they look for what it may have made.
 */
export function resolvableAtMs(intent: Pick<Intent, "atMs">, timing: Timing): number {
  return intent.atMs + timing.windowMs + timing.callTimeoutMs + timing.skewMs;
}
