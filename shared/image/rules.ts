import type { Recipe } from "../recipe/recipe.ts";
import type { RecipeState, Rules } from "./recipe-state.ts";

/** The retention rules for clean-ups of this recipe's images. */
export function rulesOf({ keep, keepNewerThanMs, coolingOffMs, maxDeletes }: Recipe): Rules {
  return { keep, newerThanMs: keepNewerThanMs, coolingOffMs, maxDeletes };
}

export function isSame(a: Rules, b: Rules): boolean {
  return (
    a.keep === b.keep &&
    (a.newerThanMs ?? 0) === (b.newerThanMs ?? 0) &&
    a.coolingOffMs === b.coolingOffMs &&
    a.maxDeletes === b.maxDeletes
  );
}

/** Applies a changed recipe at once, not only from its next run. Null: nothing to change. */
export function adoptRules(recipeState: RecipeState, rules: Rules): RecipeState | null {
  return recipeState.rules === null || isSame(recipeState.rules, rules)
    ? null
    : { ...recipeState, rules };
}
