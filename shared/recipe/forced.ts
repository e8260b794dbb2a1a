import type { Recipe } from "./recipe.ts";

/** The recipe of a start that makes an image in any case. */
export function forced(recipe: Recipe): Recipe {
  return { ...recipe, freshWithinMs: null, skipUnchanged: null };
}
