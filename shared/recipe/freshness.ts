import type { Recipe } from "./recipe.ts";
import { nextRun } from "./schedule.ts";

/**
 * The first start of a recipe's schedule that came to nothing in its time: by the end of a run's deadline and grace, and
 * at any moment since, no image was promoted. A run that had to wait for the lock on its source has longer than that; its
 * recipe counts as overdue meanwhile, which it is.
 * @param is `sinceMs`: when an image was last promoted, or the recipe was first seen with this schedule, whichever was
 * later: starts up to then are none that anybody waits for.
 * @returns null: nothing is overdue.
 */
export function missedStart(
  { schedule, deadlineMs }: Pick<Recipe, "schedule" | "deadlineMs">,
  is: { sinceMs: number; graceMs: number; nowMs: number },
): number | null {
  const dueAtMs = nextRun(schedule, is.sinceMs);
  if (dueAtMs === null) return null;
  return is.nowMs < dueAtMs + deadlineMs + is.graceMs ? null : dueAtMs;
}
