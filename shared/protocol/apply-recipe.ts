import { type RecipeState, recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { recipeDueAtMs } from "../image/due.ts";
import { adoptRules, rulesOf } from "../image/rules.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { type Actor, update } from "./actor.ts";
import type { Deps } from "./step.ts";

/**
 * Copies the recipe's current `keep` and `cooling_off` into its record, for clean-ups. Sets a due time if the record has
 * none: versions before the check of current images wrote none.
 */
export async function applyRecipe(
  deps: Pick<Deps, "store" | "ids" | "log">,
  recipe: Recipe,
  actor: Actor<RecipeState>,
): Promise<void> {
  const rules = rulesOf(recipe);
  const isUnscheduled = actor.sweepAtMs === null && recipeDueAtMs(actor.doc) !== null;
  if (adoptRules(actor.doc, rules) === null && !isUnscheduled) return;
  const before = actor.doc.rules;
  const after = await update(
    deps,
    recipeStateKey(recipe.name),
    recipeStateSchema,
    actor.doc,
    (recipeState) => adoptRules(recipeState, rules) ?? (isUnscheduled ? recipeState : null),
    (recipeState) => ({ sweepAtMs: recipeDueAtMs(recipeState) }),
  );
  if (after.rules !== before) {
    deps.log.info("clean-ups go by the changed recipe", { recipe: recipe.name, before, ...rules });
  }
}
