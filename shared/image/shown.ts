import type { Image } from "../cloud-ports.ts";
import { imageOf } from "./inventory.ts";
import { missing, stateMarks } from "./marks.ts";
import type { RecipeState, Where } from "./recipe-state.ts";
import { whoseElse } from "./whose.ts";

/** True once the clouds show the current image. Until then, an image that they still show as current must stay. */
export function isShown(recipeState: RecipeState): boolean {
  return recipeState.shown === recipeState.current;
}

/**
 * The place whose tags show which image is current. After the only image was revoked, no image is current, and the
 * remaining ones must be hidden there. Undefined: there is nothing to show or hide.
 */
export function whereShown(recipeState: RecipeState): Where | undefined {
  const { current, shown, images } = recipeState;
  const retired = images.findLast(({ state }) => state === "retired");
  return (imageOf(recipeState, current ?? shown ?? "") ?? retired)?.where;
}

/**
 * Has the marks of the current image set again if it lacks one, though it was shown: a person took it off, or a worker that
 * had slept through a rollback to this image.
 */
export function shownAgain(
  recipeState: RecipeState,
  image: Image,
  { areCopiesShown, nowMs }: { areCopiesShown: boolean; nowMs: number },
): RecipeState {
  const { current, projectAtMs } = recipeState;
  const entry = imageOf(recipeState, image.id);
  if (entry === undefined || entry.id !== current || !isShown(recipeState)) return recipeState;
  if (whoseElse(recipeState, entry, image) !== null) return recipeState;
  return areCopiesShown && missing(image, stateMarks(recipeState, entry)) === null
    ? recipeState
    : { ...recipeState, projectAtMs: projectAtMs ?? nowMs };
}

/** Once the last image is gone, there is nothing to show or to hide any more. */
export function withNothingToShow(recipeState: RecipeState): RecipeState {
  return whereShown(recipeState) === undefined
    ? { ...recipeState, projectAtMs: null }
    : recipeState;
}

/** True if the active run made the current image: that run sets the tags itself. */
export function isShownByRun({ images, current, activeRun }: RecipeState): boolean {
  return images.some(({ id, run }) => id === current && run === activeRun);
}
