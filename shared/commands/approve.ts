import { isBarred } from "../image/promotion.ts";
import { recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { reasonOf } from "../plain-text.ts";
import { commit, load } from "../protocol/actor.ts";
import { LOST_AFTER_MS } from "../protocol/session.ts";
import type { Deps } from "../protocol/step.ts";
import { decided, isWaitingForApproval } from "../run/approval.ts";
import { type Approval, type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";

type Decision = NonNullable<Approval["decision"]>;

const MAX_RACES = 20;

/**
 * Writes the answer into the run's record, and sends the run on: its own function promotes the image, or undoes the
 * run. Of two answers the first one counts.
 * @returns the run with the answer; or why it cannot be answered, and nothing was changed.
 */
export async function answerApproval(
  deps: Pick<Deps, "store" | "queue" | "ids" | "now">,
  runId: string,
  answer: Omit<Decision, "atMs">,
): Promise<{ run: Run } | { refused: string }> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, runKey(runId), runSchema);
    if (actor === null) return { refused: `There is no run ${runId}` };
    const run = actor.doc;
    const refused =
      refusalOf(run, { isCancelled: actor.cancelAtMs !== null, nowMs: deps.now() }) ??
      (await overruled(deps, run, answer.kind));
    if (refused !== null || run.approval === null) return { refused: refused ?? "" };
    const reason = reasonOf(answer.reason);
    const answered = decided(run, run.approval, { ...answer, reason, atMs: deps.now() });
    const won = await commit(deps, actor, answered, { sweepAtMs: deps.now() + LOST_AFTER_MS });
    if (won === null) continue;
    await deps.queue.send(run.step, { key: won.key, version: won.version }, 0);
    return { run: answered };
  }
  throw new Error(`the record of ${runId} was changed by others ${MAX_RACES} times in a row`);
}

/** Why the run's record alone says that nobody can answer. Null: it waits for an answer. */
export function refusalOf(
  run: Run,
  { isCancelled, nowMs }: { isCancelled: boolean; nowMs: number },
): string | null {
  const { id, outcome, approval, failure, recipe, step } = run;
  const decision = approval?.decision ?? null;
  if (decision !== null) return `Run ${id} was ${decision.kind} by ${decision.by} already`;
  if (outcome !== null) return `Run ${id} has ended already: ${outcome}`;
  if (failure !== null) return `Run ${id} has failed already: ${failure.code}`;
  if (recipe.promote !== "approve")
    return `Run ${id} needs no approval: its recipe has promote: auto`;
  if (approval === null) return `Run ${id} does not ask yet: it is at ${step}`;
  if (isCancelled) return `Run ${id} is being cancelled`;
  return isWaitingForApproval(run) && nowMs < approval.untilMs
    ? null
    : `The time to answer is over: run ${id} is being undone`;
}

/** Somebody went back to an earlier image since the run began, so its image cannot become current. */
async function overruled(
  { store }: Pick<Deps, "store">,
  run: Run,
  kind: Decision["kind"],
): Promise<string | null> {
  if (kind === "rejected") return null;
  const recipeState = await load(store, recipeStateKey(run.recipeName), recipeStateSchema);
  return recipeState !== null && isBarred(recipeState.doc, run.id)
    ? `Somebody went back to an earlier image since run ${run.id} began: it does not promote its image`
    : null;
}
