import type { Problem } from "../context.ts";
import type { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import { isExporting } from "../run/exported.ts";
import type { Failure } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { evidence } from "../run/timeline.ts";
import { end } from "./end.ts";
import type { Session } from "./session.ts";

/**
 * Longest wait for a failing cloud after the promotion. The image is current by then, the recipe's later messages do the
 * rest, and the next refresh must not have to wait. An export has until the run's deadline.
 */
const AFTERWORK_MS = 10 * 60_000;

/**
 * A transient failure is a committed wait, not a throw: a throw uses up one receive of the message, and the last one
 * makes it a dead letter.
 */
export async function retryOrFail(session: Session, error: CloudError): Promise<"over" | "again"> {
  const { run, deps } = session;
  const forward = run.promoted || run.step === "abandon";
  const { code } = error;
  if (error.kind === "refused" && code !== null && code !== "busy" && !forward) {
    return fail(session, { code, message: error.message, remedy: error.remedy ?? remedyFor(code) });
  }
  if (run.promoted && !isExporting(run) && deps.now() - run.stepSinceMs >= AFTERWORK_MS) {
    return end(session, `${run.step} was given up: ${error.message}`, error.message);
  }
  const transientFailures = run.transientFailures + 1;
  const grown = Math.min(300, 5 * 2 ** Math.min(transientFailures - 1, 6));
  const seconds = Math.max(error.retryAfterSeconds ?? 0, grown * (0.5 + deps.ids.random() / 2));
  session.record("transient", error.message);
  await session.saveAndSend({ transientFailures }, deps.now() + Math.ceil(seconds * 1000));
  return "over";
}

/** Longest text of an event: the message may hold a list. */
const MAX_FAILURE_TEXT = 4_000;

export async function fail(session: Session, problem: Problem): Promise<"over"> {
  const { run, deps } = session;
  const proof = [
    ...run.timeline.filter((e) => e.kind === "answer").flatMap((e) => e.calls),
    ...evidence(session.ctx.calls),
  ];
  const failure: Failure = {
    code: problem.code,
    message: cloudWords(problem.message, MAX_FAILURE_TEXT),
    remedy: cloudWords(problem.remedy, MAX_FAILURE_TEXT),
    step: run.step,
    atMs: deps.now(),
    evidence: proof.slice(-4),
    ...(problem.cancel == null ? {} : { cancel: problem.cancel }),
  };
  session.record("failure", problem.message);
  deps.transfers?.stop(run.id);
  const now = deps.now();
  await session.saveAndSend(
    { failure, step: "abandon", stepSinceMs: now, transientFailures: 0 },
    now,
  );
  return "over";
}
