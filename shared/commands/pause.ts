import { recipeDueAtMs } from "../image/due.ts";
import { paused, resumed } from "../image/pause.ts";
import {
  emptyRecipeState,
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../image/recipe-state.ts";
import { reasonOf } from "../plain-text.ts";
import { update } from "../protocol/actor.ts";
import type { Deps } from "../protocol/step.ts";

type CommandDeps = Pick<Deps, "store" | "ids" | "now"> & { installationId: string };

/** From this write on, nothing starts the recipe by itself, and no worker marks a retired image for deletion. */
export function pauseRecipe(
  deps: CommandDeps,
  recipeName: string,
  asking: { by: string; reason: string; untilMs: number | null },
): Promise<RecipeState> {
  const now = deps.now();
  const short = { ...asking, reason: reasonOf(asking.reason) };
  return changed(deps, recipeName, (recipeState) => paused(recipeState, short, now));
}

/** @returns null: the recipe was not paused. */
export async function resumeRecipe(
  deps: CommandDeps,
  recipeName: string,
  by: string,
): Promise<RecipeState | null> {
  const now = deps.now();
  const was = { paused: false };
  const after = await changed(deps, recipeName, (recipeState) => {
    const next = resumed(recipeState, by, now);
    was.paused = next !== null;
    return next;
  });
  return was.paused ? after : null;
}

function changed(
  deps: CommandDeps,
  recipeName: string,
  change: (recipeState: RecipeState) => RecipeState | null,
): Promise<RecipeState> {
  return update(
    deps,
    recipeStateKey(recipeName),
    recipeStateSchema,
    emptyRecipeState(recipeName, deps.installationId),
    change,
    (recipeState) => ({ sweepAtMs: recipeDueAtMs(recipeState) }),
  );
}
