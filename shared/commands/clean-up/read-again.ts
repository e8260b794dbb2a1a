import type { Row } from "../../clean-up/things.ts";
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
  /** `begun`: recipes of which something that the plan deletes is gone, or is being deleted. */
  | { is: "outdated"; changed: Difference[]; begun: string[] }
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
  if (changed.length === 0) return { is: "true", plan };
  return { is: "outdated", changed, begun: begunOf(stored.rows, plan) };
}

function begunOf(planned: readonly Row[], { rows, worlds }: CleanUpPlan): string[] {
  const there = new Set(rows.map(({ id }) => id));
  const recorded = worlds
    .flatMap(({ recipes }) => recipes)
    .flatMap(({ recipeState: { images, resources } }) => [...images, ...resources]);
  const marked = new Set(
    recorded.filter(({ state }) => state === "deleting" || state === "gone").map(({ id }) => id),
  );
  const begun = planned.filter(
    ({ fate, id }) => fate === "delete" && (marked.has(id) || !there.has(id)),
  );
  return [...new Set(begun.flatMap(({ recipe }) => recipe ?? []))];
}
