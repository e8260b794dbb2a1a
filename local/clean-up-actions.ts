import { announce, round, type Work } from "../shared/commands/clean-up/carry-out.ts";
import {
  type CleanUpDeps,
  type CleanUpPlan,
  makePlan,
  OtherProject,
} from "../shared/commands/clean-up/make-plan.ts";
import { readAgain } from "../shared/commands/clean-up/read-again.ts";
import { storedPlan, storePlan } from "../shared/commands/clean-up/stored-plan.ts";
import { CloudError } from "../shared/openstack/errors.ts";
import type { Recipe } from "../shared/recipe/recipe.ts";
import type { CleanUpActions } from "./actions/clean-up.ts";
import { Refused } from "./http-answer.ts";
import { type CleanUpDocument, viewCleanUp } from "./view/clean-up.ts";

/** Rounds within one request: mark, delete, gone, then the same for snapshots. The workers of the host do the rest. */
const ROUNDS = 4;

/** A request whose answer was lost is sent again, and is no second clean-up. */
const REMEMBERED_MS = 10 * 60_000;

/** Clean-ups by HTTP on the host that has the clouds. */
export function cleanUpActions(
  deps: CleanUpDeps,
  recipes: () => ReadonlyMap<string, Recipe>,
): CleanUpActions {
  const askedOf = (recipe: string | null) => ({
    known: [...recipes().keys()],
    places: [...recipes().values()]
      .filter(({ name }) => recipe === null || name === recipe)
      .map(({ cloud, region }) => ({ cloud, region })),
  });
  const applied = new Map<string, { atMs: number; document: Promise<CleanUpDocument> }>();
  return {
    plan: (recipe) =>
      answered(async () => {
        const plan = await makePlan(deps, { ...askedOf(recipe), recipe });
        if (plan.rows.some(({ fate }) => fate === "delete")) await storePlan(deps, plan);
        return viewCleanUp(plan);
      }),
    recipeOf: async (planId) => (await storedPlan(deps, planId))?.recipe,
    apply: (planId) => {
      const known = applied.get(planId);
      if (known !== undefined && deps.now() - known.atMs < REMEMBERED_MS) return known.document;
      const document = answered(async () => {
        const recipe = (await storedPlan(deps, planId))?.recipe ?? null;
        const read = await readAgain(deps, askedOf(recipe), planId);
        if (read.is !== "true") throw outdated("the clouds or the records have changed");
        const announced = await announce(deps, read.plan);
        if ("changed" in announced)
          throw outdated(`the record of ${announced.changed} has changed`);
        return viewCleanUp(read.plan, await done(deps, read.plan, announced.works));
      });
      applied.set(planId, { atMs: deps.now(), document });
      document.catch(() => applied.delete(planId));
      return document;
    },
  };
}

async function done(deps: CleanUpDeps, { rows }: CleanUpPlan, works: Work[]) {
  const remaining: string[] = [];
  for (const work of works) {
    let left = [...work.ids];
    for (let n = 0; n < ROUNDS && left.length > 0; n++) left = await round(deps, work);
    remaining.push(...left);
  }
  const goers = rows.filter(({ fate }) => fate === "delete").map(({ id }) => id);
  return { deleted: goers.filter((id) => !remaining.includes(id)), remaining };
}

function outdated(why: string): Refused {
  const message = `Refused: ${why} since the plan. Nothing was deleted`;
  return new Refused(409, "plan-outdated", message, "Make a new plan: POST /v1/clean-up");
}

/** @throws Refused: what the cloud has answered. */
async function answered<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OtherProject)
      throw new Refused(
        409,
        "other-project",
        `Refused: ${error.message}`,
        "Correct clouds.yaml of the host",
      );
    if (error instanceof CloudError)
      throw new Refused(502, "cloud", error.message, "Ask again later. On the host: regild doctor");
    throw error;
  }
}
