import { type RecipeState, recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { recipeDueAtMs } from "../image/due.ts";
import { adoptProtection } from "../image/protection.ts";
import { adoptRules, rulesOf } from "../image/rules.ts";
import { adoptSharing } from "../image/sharing.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { type Actor, update } from "./actor.ts";
import type { Deps } from "./step.ts";

/**
 * Copies the recipe's current `keep`, `cooling_off`, `members` and `protected` into its record, for clean-ups and for the images that
 * there are. Sets a due time if the record has none: versions before the check of current images wrote none.
 */
export async function applyRecipe(
  deps: Pick<Deps, "store" | "ids" | "log" | "now">,
  recipe: Recipe,
  actor: Actor<RecipeState>,
): Promise<void> {
  const rules = rulesOf(recipe);
  const isUnscheduled = actor.sweepAtMs === null && recipeDueAtMs(actor.doc) !== null;
  const adopted = (recipeState: RecipeState): RecipeState | null => {
    const withRules = adoptRules(recipeState, rules);
    const shared = adoptSharing(withRules ?? recipeState, recipe.sharing, deps.now()) ?? withRules;
    return adoptProtection(shared ?? recipeState, recipe.image.protected, deps.now()) ?? shared;
  };
  const before = actor.doc;
  const isNewRule = adoptRules(before, rules) !== null;
  const isNewSharing = adoptSharing(before, recipe.sharing, deps.now()) !== null;
  const isNewProtection = adoptProtection(before, recipe.image.protected, deps.now()) !== null;
  if (!isNewRule && !isNewSharing && !isNewProtection && !isUnscheduled) return;
  await update(
    deps,
    recipeStateKey(recipe.name),
    recipeStateSchema,
    actor.doc,
    (recipeState) => adopted(recipeState) ?? (isUnscheduled ? recipeState : null),
    (recipeState) => ({ sweepAtMs: recipeDueAtMs(recipeState) }),
  );
  if (isNewRule)
    deps.log.info("clean-ups go by the changed recipe", {
      recipe: recipe.name,
      before: before.rules,
      ...rules,
    });
  if (isNewSharing)
    deps.log.info("images are shared as the changed recipe says", {
      recipe: recipe.name,
      members: recipe.sharing.members.map(({ project }) => project),
    });
  if (isNewProtection)
    deps.log.info("images are protected as the changed recipe says", {
      recipe: recipe.name,
      protected: recipe.image.protected,
    });
}
