import type { RecipeState } from "../../image/recipe-state.ts";
import { imageOf } from "../../image/inventory.ts";
import { cloudWords } from "../../plain-text.ts";
import type { Actor } from "../../protocol/actor.ts";
import { expectedSeconds } from "../../run/next-check.ts";
import { isWaitingForApproval } from "../../run/approval.ts";
import { isQueued, type Run } from "../../run/record.ts";
import { about } from "../../spoken.ts";

const LONGEST_REASON = 300;

/** `3 min ago` */
export function ago(atMs: number, nowMs: number): string {
  return `${about(Math.max(0, (nowMs - atMs) / 1000))} ago`;
}

/** `succeeded 3 min ago`, `check-status, about 4 min left`, `FAILED image-vanished 2 h ago`. */
export function runState(
  { doc: run, cancelAtMs }: Actor<Run>,
  recipeState: RecipeState | null,
  nowMs: number,
): string {
  const when = run.endedAtMs === null ? "" : ` ${ago(run.endedAtMs, nowMs)}`;
  switch (run.outcome) {
    case "succeeded":
    case "cancelled":
      return `${run.outcome}${when}`;
    case "failed":
      return `FAILED ${run.failure?.code ?? ""}${when}`;
    case "skipped":
      return run.timeline.at(-1)?.text ?? run.outcome;
    case "joined":
      return `joined ${run.joinedRunId ?? "another run"}`;
    case null:
      if (cancelAtMs !== null && !run.promoted) return `${run.step}, being cancelled`;
      if (run.failure !== null) return `undoes what it did: ${run.failure.code}`;
      if (isQueued(run)) return run.timeline.at(-1)?.text ?? "queued";
      if (isWaitingForApproval(run))
        return `waits for approval, ${about(Math.max(0, ((run.approval?.untilMs ?? nowMs) - nowMs) / 1000))} left`;
      return `${run.step}, ${timeLeft(run, recipeState, nowMs)}`;
  }
}

/** By how long the recipe's earlier uploads took, else the deadline. */
function timeLeft(run: Run, recipeState: RecipeState | null, nowMs: number): string {
  const expected = expectedSeconds(recipeState?.uploadSeconds ?? []);
  if (run.step === "check-status" && run.candidate !== null && expected !== null) {
    const left = expected - (nowMs - run.candidate.askedAtMs) / 1000;
    if (left > 0) return `about ${about(left)} left`;
  }
  return `deadline in ${about(Math.max(0, (run.deadlineAtMs - nowMs) / 1000))}`;
}

/** `web-20261123-k3f9q2, for 3 min`; null: no image is current. */
export function currentImage(recipeState: RecipeState | null, nowMs: number): string | null {
  const image = recipeState === null ? undefined : imageOf(recipeState, recipeState.current ?? "");
  if (image === undefined) return null;
  const sinceMs = image.promotedAtMs ?? image.candidateAtMs;
  return `${cloudWords(image.name)}, for ${about(Math.max(0, (nowMs - sinceMs) / 1000))}`;
}

export function reason(run: Run): string | null {
  return run.failure === null ? null : cloudWords(run.failure.message, LONGEST_REASON);
}
