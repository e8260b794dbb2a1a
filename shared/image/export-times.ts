import type { RecipeState } from "./recipe-state.ts";

const REMEMBERED = 10;

/** Remembers how long an export took, so that the next one is checked seldom. */
export function noteExport(recipeState: RecipeState, seconds: number): RecipeState {
  const earlier = recipeState.exportSeconds ?? [];
  return { ...recipeState, exportSeconds: [...earlier, seconds].slice(-REMEMBERED) };
}
