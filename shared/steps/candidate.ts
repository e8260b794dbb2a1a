import { GONE_AFTER_MS, judge404 } from "../image/absence.ts";
import type { Candidate, Run } from "../run/record.ts";
import type { Decision } from "../protocol/step.ts";

export function candidateOf(run: Run): Candidate {
  if (run.candidate === null) throw new Error(`${run.id} is in ${run.step} without an image`);
  return run.candidate;
}

/** Waits for a second 404, some time after the first. Null: both were seen. */
export function waitForSecond404(run: Run, nowMs: number): Decision<never> | null {
  const candidate = candidateOf(run);
  const { missingSinceMs, askedAtMs } = candidate;
  const judgement = judge404({ sinceMs: missingSinceMs, createdAtMs: askedAtMs }, nowMs);
  if (judgement === "gone") return null;
  const sinceMs = { new: null, first: nowMs, early: missingSinceMs }[judgement];
  const seconds = Math.ceil(((sinceMs ?? nowMs) + GONE_AFTER_MS - nowMs) / 1000);
  return {
    kind: "wait",
    seconds,
    text: "not found",
    set: { candidate: { ...candidate, missingSinceMs: sinceMs } },
  };
}
