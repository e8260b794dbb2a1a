import { announce, round, type Work } from "../shared/commands/clean-up/carry-out.ts";
import {
  type CleanUpDeps,
  type CleanUpPlan,
  type Difference,
  makePlan,
  OtherProject,
} from "../shared/commands/clean-up/make-plan.ts";
import { readAgain } from "../shared/commands/clean-up/read-again.ts";
import { storedPlan, storePlan } from "../shared/commands/clean-up/stored-plan.ts";
import { CloudError } from "../shared/openstack/errors.ts";
import type { Recipe } from "../shared/recipe/recipe.ts";
import type { CleanUpActions } from "./actions/clean-up.ts";
import { soFar } from "./clean-up-so-far.ts";
import { differenceText } from "./cli/text/clean-up.ts";
import { Refused } from "./http-answer.ts";
import { needKnownRecipe } from "./known-recipe.ts";
import { type CleanUpDocument, viewCleanUp } from "./view/clean-up.ts";

/** Rounds within one request: mark, delete, gone, then the same for snapshots. The workers of the host do the rest. */
const ROUNDS = 4;

/** Rows that a refusal names. */
const CHANGES_TOLD = 3;

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
  const applied = new Map<
    string,
    { endedAtMs: number | null; document: Promise<CleanUpDocument> }
  >();
  const forget = () => {
    for (const [planId, { endedAtMs }] of applied)
      if (endedAtMs !== null && deps.now() - endedAtMs >= REMEMBERED_MS) applied.delete(planId);
  };
  return {
    plan: (recipe) =>
      answered(async () => {
        const asked = askedOf(recipe);
        const plan = await makePlan(deps, { ...asked, recipe });
        needKnownRecipe(plan, asked.known);
        if (plan.rows.some(({ fate }) => fate === "delete")) await storePlan(deps, plan);
        return viewCleanUp(plan);
      }),
    stored: async (planId) => {
      const plan = await storedPlan(deps, planId);
      return plan === null ? undefined : viewCleanUp({ id: planId, ...plan });
    },
    apply: (planId) => {
      forget();
      const known = applied.get(planId);
      if (known !== undefined) return known.document;
      const document = answered(async () => {
        const recipe = (await storedPlan(deps, planId))?.recipe ?? null;
        const read = await readAgain(deps, askedOf(recipe), planId);
        if (read.is !== "true")
          throw outdated(
            "the clouds or the records have changed",
            read.is === "outdated" ? read : { begun: [], changed: [] },
          );
        const announced = await announce(deps, read.plan);
        if ("changed" in announced)
          throw outdated(`the record of ${announced.changed} has changed`, {
            begun: announced.begun,
            changed: [],
          });
        return viewCleanUp(read.plan, await done(deps, read.plan, announced.works));
      });
      const entry = { endedAtMs: null as number | null, document };
      applied.set(planId, entry);
      document.then(
        () => (entry.endedAtMs = deps.now()),
        () => applied.delete(planId),
      );
      return document;
    },
  };
}

async function done(deps: CleanUpDeps, { rows }: CleanUpPlan, works: Work[]) {
  const remaining: string[] = [];
  for (const work of works) remaining.push(...(await leftAfter(deps, work)));
  const goers = rows.filter(({ fate }) => fate === "delete").map(({ id }) => id);
  return { deleted: goers.filter((id) => !remaining.includes(id)), remaining };
}

/** Everything is marked by now, so a cloud that fails keeps nothing: the workers of the host go on. */
async function leftAfter(deps: CleanUpDeps, work: Work): Promise<string[]> {
  let left = [...work.ids];
  try {
    for (let n = 0; n < ROUNDS && left.length > 0; n++) left = await round(deps, work);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("clean-up not finished yet", {
      recipe: work.recipeName,
      cloud: work.here.cloud,
      problem: error.message,
    });
  }
  return left;
}

function outdated(
  why: string,
  { begun, changed }: { begun: readonly string[]; changed: readonly Difference[] },
): Refused {
  const texts = changed.slice(0, CHANGES_TOLD).map((difference) => differenceText(difference));
  const more = changed.length - texts.length;
  const all = [...texts, ...(more > 0 ? [`and ${more} more`] : [])];
  const changes = all.length === 0 ? "" : `. Changed: ${all.join("; ")}`;
  const message = `Refused: ${why} since the plan. ${soFar(begun)}${changes}`;
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
