import { currentCheckAtMs } from "./current-check.ts";
import type { RecipeState } from "./recipe-state.ts";
import {
  beyondKeep,
  isShownByRun,
  leftAtMs,
  markStraysForDeletion,
  whereShown,
} from "./inventory.ts";

/**
 * When a recipe state wants its next check; null: it has nothing to do. A run that works on the recipe deletes, and shows
 * the image that it has promoted, by itself.
 */
export function recipeDueAtMs(recipeState: RecipeState): number | null {
  const idle = recipeState.activeRun === null;
  const rules = idle ? recipeState.rules : null;
  const overdue =
    idle &&
    (recipeState.images.some((i) => i.state === "deleting") ||
      recipeState.resources.some((p) => p.state === "deleting") ||
      markStraysForDeletion(recipeState, 0) !== null);
  const retryAtMs = recipeState.retryAtMs ?? 0;
  const checkAtMs = currentCheckAtMs(recipeState);
  const times = [
    ...(recipeState.checkRunAtMs === null ? [] : [recipeState.checkRunAtMs]),
    ...recipeState.pointerRequests.map(({ atMs }) => atMs),
    ...(recipeState.projectAtMs === null ||
    isShownByRun(recipeState) ||
    whereShown(recipeState) === undefined
      ? []
      : [recipeState.projectAtMs]),
    ...(checkAtMs === null || !idle ? [] : [checkAtMs]),
    ...(overdue ? [retryAtMs] : []),
    ...recipeState.lateAttempts.map((t) => t.nextCheckAtMs),
    ...(rules === null
      ? []
      : beyondKeep(recipeState, rules.keep).map((i) =>
          Math.max(retryAtMs, leftAtMs(i) + rules.coolingOffMs),
        )),
  ];
  return times.length === 0 ? null : Math.min(...times);
}
