import { currentCheckAtMs } from "./current-check.ts";
import { heldUntilMs } from "./pause.ts";
import type { RecipeState } from "./recipe-state.ts";
import {
  beyondKeep,
  isOfOldImage,
  isShownByRun,
  mayGoAtMs,
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
  const deleting = recipeState.images.filter((i) => i.state === "deleting");
  const overdue =
    idle &&
    (deleting.some((i) => i.promotedAtMs === null) ||
      recipeState.resources.some((p) => p.state === "deleting" && !isOfOldImage(recipeState, p)) ||
      markStraysForDeletion(recipeState, 0) !== null);
  const retryAtMs = recipeState.retryAtMs ?? 0;
  const heldMs = Math.max(retryAtMs, heldUntilMs(recipeState));
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
    ...(idle && hasOldDeleting(recipeState) ? [heldMs] : []),
    ...recipeState.lateAttempts.map((t) => t.nextCheckAtMs),
    ...(rules === null
      ? []
      : beyondKeep(recipeState, rules.keep).map((i) => Math.max(heldMs, mayGoAtMs(i, rules)))),
  ];
  const next = Math.min(...times);
  return Number.isFinite(next) ? next : null;
}

/** Something of an image that was current once is still to be deleted. A pause holds that. */
function hasOldDeleting(recipeState: RecipeState): boolean {
  return (
    recipeState.images.some((i) => i.state === "deleting" && i.promotedAtMs !== null) ||
    recipeState.resources.some((p) => p.state === "deleting" && isOfOldImage(recipeState, p))
  );
}
