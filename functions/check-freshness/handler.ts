import { recipeBackend } from "#backend";
import { checkFreshness } from "../../shared/protocol/check-freshness.ts";
import { endNotifications } from "../../shared/protocol/end-notifications.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** Every quarter of an hour: takes up changed and removed recipes, and finds those that have come to no new image by their schedule. */
export const handler = chain(async () => {
  const on = await recipeBackend();
  const { overdue, unusable, paused, unknown } = await checkFreshness(on, on.recipes);
  on.metrics.put({
    regild_recipe_overdue: overdue.length,
    regild_recipe_current_unusable: unusable.length,
    regild_recipe_paused: paused.length,
  });
  await endNotifications(on, on.recipes);
  if (unknown.length > 0) {
    throw new Error(`nobody can tell whether these are overdue: ${unknown.join(", ")}`);
  }
  return { overdue, unusable, paused };
});
