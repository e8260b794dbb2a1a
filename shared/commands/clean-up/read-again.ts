import {
  type Asked,
  type CleanUpDeps,
  type CleanUpPlan,
  type Difference,
  differences,
  makePlan,
} from "./make-plan.ts";
import { storedPlan } from "./stored-plan.ts";

export type ReadAgain =
  | { is: "unknown" }
  | { is: "outdated"; changed: Difference[] }
  | { is: "true"; plan: CleanUpPlan };

/** Reads records and clouds again, and compares what the rules say now with a stored plan. */
export async function readAgain(
  deps: CleanUpDeps,
  asked: Omit<Asked, "recipe">,
  planId: string,
): Promise<ReadAgain> {
  const stored = await storedPlan(deps, planId);
  if (stored === null) return { is: "unknown" };
  const plan = await makePlan(deps, { ...asked, recipe: stored.recipe });
  const changed = differences(stored.rows, plan.rows);
  return changed.length > 0 ? { is: "outdated", changed } : { is: "true", plan };
}
