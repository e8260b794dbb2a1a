import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { Run } from "../../shared/run/record.ts";

/** A run and its recipe's state, as last read. */
export interface Watched {
  run: Run;
  recipeState: RecipeState | null;
}
