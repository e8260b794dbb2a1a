import { imageOf, markForDeletion } from "./inventory.ts";
import type { BackingResource, RecipeState } from "./recipe-state.ts";

/**
 * Marks for deletion what a paused worker wrote after its run had ended. With no active run, nothing can be a candidate, a
 * resource of a capture, or a resource of an image that is gone. Null: there is nothing to mark.
 */
export function markStraysForDeletion(recipeState: RecipeState, nowMs: number): RecipeState | null {
  if (recipeState.activeRun !== null) return null;
  const isStray = (p: BackingResource) =>
    p.state === "kept" && (p.imageId === null || imageOf(recipeState, p.imageId)?.state === "gone");
  const candidates = recipeState.images.filter((i) => i.state === "candidate");
  if (candidates.length === 0 && !recipeState.resources.some(isStray)) return null;
  const resources = recipeState.resources.map((p): BackingResource =>
    isStray(p) ? { ...p, state: "deleting" } : p,
  );
  return candidates.reduce<RecipeState>(
    (now, { id }) => markForDeletion(now, id, "written down after its run had ended", nowMs) ?? now,
    { ...recipeState, resources },
  );
}
