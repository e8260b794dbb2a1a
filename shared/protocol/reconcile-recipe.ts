import { type Head, headKey, headSchema } from "../image/head.ts";
import { headDueAtMs } from "../image/ledger.ts";
import { adoptRules, rulesOf } from "../image/rules.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { type Actor, update } from "./actor.ts";
import type { Deps } from "./step.ts";

/**
 * Brings a recipe's record in line with the recipe as it is now: clean-ups go by its `keep` and `cooling_off`, and a
 * record without a due time, as versions before the check of current images left it, gets one.
 */
export async function reconcileRecipe(
  deps: Pick<Deps, "store" | "ids" | "log">,
  recipe: Recipe,
  actor: Actor<Head>,
): Promise<void> {
  const rules = rulesOf(recipe);
  const isUnscheduled = actor.sweepAtMs === null && headDueAtMs(actor.doc) !== null;
  if (adoptRules(actor.doc, rules) === null && !isUnscheduled) return;
  const before = actor.doc.rules;
  const after = await update(
    deps,
    headKey(recipe.name),
    headSchema,
    actor.doc,
    (head) => adoptRules(head, rules) ?? (isUnscheduled ? head : null),
    (head) => ({ sweepAtMs: headDueAtMs(head) }),
  );
  if (after.rules !== before) {
    deps.log.info("clean-ups go by the changed recipe", { recipe: recipe.name, before, ...rules });
  }
}
