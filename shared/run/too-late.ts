import type { RecipeState } from "../image/recipe-state.ts";
import { imageOf } from "../image/inventory.ts";
import type { Run } from "./record.ts";

/** @returns why the run cannot be cancelled any more; null: it can. */
export function tooLateToCancel(
  run: Run,
  recipeState: RecipeState | null,
): { message: string; isUndoing: boolean } | null {
  if (run.outcome !== null) {
    return { message: `Run ${run.id} has ended already: ${run.outcome}`, isUndoing: false };
  }
  const { candidate, failure } = run;
  const image =
    candidate === null || recipeState === null ? undefined : imageOf(recipeState, candidate.id);
  if (run.promoted || (image !== undefined && image.promotedAtMs !== null)) {
    const id = image?.id ?? candidate?.id ?? "";
    const message = `Too late: the image of ${run.id}, ${id}, is promoted, and the run only goes forward`;
    return { message, isUndoing: false };
  }
  if (failure !== null && failure.code !== "cancelled") {
    const message = `Run ${run.id} has failed already (${failure.code}) and is undoing what it did`;
    return { message, isUndoing: true };
  }
  return null;
}
