import type { Recipe } from "./recipe.ts";
import { nextStart } from "./jitter.ts";

/**
 * The first start of a recipe's schedule since `sinceMs`, and when that start has come to nothing: at the end of a run's
 * deadline and grace, unless an image was promoted meanwhile. A run that had to wait for the lock on its source has longer
 * than that; its recipe counts as overdue meanwhile, which it is.
 * @param is `sinceMs`: when an image was last promoted, or the recipe was first seen with this schedule, whichever was
 * later: starts up to then are none that anybody waits for.
 * @returns null: there is no such start.
 */
export function missedStart(
  recipe: Pick<Recipe, "name" | "schedule" | "jitterMs" | "deadlineMs">,
  is: { sinceMs: number; graceMs: number },
): { dueAtMs: number; overdueAtMs: number } | null {
  const dueAtMs = nextStart(recipe, is.sinceMs);
  return dueAtMs === null
    ? null
    : { dueAtMs, overdueAtMs: dueAtMs + recipe.deadlineMs + is.graceMs };
}
