import { currentCheckAtMs } from "./current-check.ts";
import { heldUntilMs } from "./pause.ts";
import type { RecipeState } from "./recipe-state.ts";
import { beyondKeep, mayGoAtMs } from "./retention.ts";
import { isOfOldImage } from "./backing-resources.ts";
import { isShownByRun, whereShown } from "./shown.ts";
import { markStraysForDeletion } from "./strays.ts";

/**
 * Time of the next check of a recipe state. Null: nothing to do. An active run deletes old images and shows its promoted
 * image by itself.
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
    ...(recipeState.shareDue === null || whereShown(recipeState) === undefined
      ? []
      : [recipeState.shareDue.atMs]),
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

/** True if an image that was current once, or its snapshots, must still be deleted. A pause postpones that. */
function hasOldDeleting(recipeState: RecipeState): boolean {
  return (
    recipeState.images.some((i) => i.state === "deleting" && i.promotedAtMs !== null) ||
    recipeState.resources.some((p) => p.state === "deleting" && isOfOldImage(recipeState, p))
  );
}
