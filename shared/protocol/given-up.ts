import type { Actor } from "./actor.ts";
import { update } from "./actor.ts";
import { type DeadLetter, deadLetterKey, deadLetterSchema, subjectOf } from "./dead-letter.ts";
import type { Deps } from "./step.ts";
import { EVIDENCE_KEPT_MS } from "./trouble.ts";

/**
 * Keeps a callback or a notification that was given up as a dead letter: so `status` counts it, and `retry` sends it again. Written before
 * its own record, which a stop in between leaves to be given up once more.
 */
export async function keepGivenUp(
  deps: Pick<Deps, "store" | "ids" | "now">,
  { key, version }: Actor<unknown>,
  reason: string,
): Promise<void> {
  const nowMs = deps.now();
  const body = JSON.stringify({ key, version: version + 1 });
  const expiresAtMs = nowMs + EVIDENCE_KEPT_MS;
  const subject = subjectOf(body);
  const empty: DeadLetter = {
    schema: 2,
    ...subject,
    queue: "notify",
    body,
    step: null,
    error: { name: subject.kind === "callback" ? "Callback" : "Notification", message: reason },
    done: "given_up",
    count: 0,
    firstAtMs: nowMs,
    lastAtMs: nowMs,
    retriedAtMs: null,
    expiresAtMs,
  };
  const add = (there: DeadLetter): DeadLetter => {
    const { count, firstAtMs, retriedAtMs } = there.expiresAtMs > nowMs ? there : empty;
    return { ...empty, count: count + 1, firstAtMs, retriedAtMs };
  };
  await update(deps, deadLetterKey(empty), deadLetterSchema, empty, add, () => ({
    sweepAtMs: null,
    expiresAtMs,
  }));
}
