import { recipeStateKey, recipeStateSchema, emptyRecipeState } from "../image/recipe-state.ts";
import type { Store } from "../ports.ts";
import { load } from "../protocol/actor.ts";
import { isQueued, type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { decideClaim, seeClaim } from "../protocol/claim-recipe.ts";

/** A run that a delivery has led to, as the answer tells of it. */
export interface StartedRun {
  id: string;
  recipe: string;
  /** `running`, `queued`, `joined` and `skipped` as it looks now; a repeated delivery may find that it has ended. */
  state: "running" | "queued" | NonNullable<Run["outcome"]>;
  /** The run that it waits for, has joined or was skipped for. */
  behind: string | null;
}

/** The first step decides what becomes of a start. This tells the sender what that will be, if nothing changes. */
export async function outlookOf(
  { store, now }: { store: Store; now: () => number },
  { id, recipe }: { id: string; recipe: string },
): Promise<StartedRun> {
  const run = (await load(store, runKey(id), runSchema))?.doc ?? null;
  const state = await load(store, recipeStateKey(recipe), recipeStateSchema);
  const recipeState = state?.doc ?? emptyRecipeState(recipe, "");
  const told = (is: StartedRun["state"], behind: string | null = null): StartedRun => ({
    id,
    recipe,
    state: is,
    behind,
  });
  if (run === null) return told("running");
  if (run.outcome !== null) return told(run.outcome, run.joinedRunId);
  const seen = await seeClaim({ store, recipeState: async () => recipeState }, run);
  if (seen === null || seen.activeRun === id) return told("running");
  const [first] = seen.ahead;
  const behind = first?.id ?? null;
  const decision = decideClaim(run, seen, now());
  if (decision.kind === "join") return told("joined", decision.runId);
  if (decision.kind === "skip") return told("skipped", behind);
  return behind !== null || isQueued(run) ? told("queued", behind) : told("running");
}
