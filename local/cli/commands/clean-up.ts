import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import * as z from "zod/mini";
import { announce, round, type Work } from "../../../shared/commands/clean-up/carry-out.ts";
import {
  type Asked,
  type CleanUpDeps,
  type CleanUpPlan,
  makePlan,
  OtherProject,
} from "../../../shared/commands/clean-up/make-plan.ts";
import { readAgain } from "../../../shared/commands/clean-up/read-again.ts";
import { storePlan } from "../../../shared/commands/clean-up/stored-plan.ts";
import type { Place } from "../../../shared/image/removal-plan.ts";
import { isSame, rulesOf } from "../../../shared/image/rules.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { needKnownRecipe } from "../../known-recipe.ts";
import { soFar } from "../../clean-up-so-far.ts";
import { viewCleanUp } from "../../view/clean-up.ts";
import { NotFound } from "../../view/find-run.ts";
import type { App } from "../app.ts";
import { answerCleanUp, endOfCleanUp, hintToApply, mayDelete } from "../clean-up-answer.ts";
import { withCleanUp } from "../clean-up-deps.ts";
import { CommandError, usageError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { goodRecipes, recipesOrNone } from "../recipes-file.ts";
import { cleanUpThere } from "../remote/clean-up.ts";
import { differenceText } from "../text/clean-up.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  recipe: z._default(z.nullable(z.string()), null),
  dryRun: z._default(z.boolean(), false),
  plan: z._default(z.nullable(z.string()), null),
  yes: z._default(z.boolean(), false),
});
type Options = z.infer<typeof optionsSchema>;
const BOTH = "--plan and --recipe are both given";

export function addCleanUp(program: Command, action: Action): void {
  program
    .command("clean-up")
    .summary("what happens to each image and snapshot, and why; then do it")
    .description(
      prose(`Reads the clouds, and lists each image and snapshot with what happens to it and why: delete, keep, or
report for what Regild did not make. Then asks, and deletes what the plan says. The plan goes by the rules of every run:
nothing in use, pinned, protected or cooling off is deleted, and no more than max_deletes at once. It also finds what
failed creates have left. Things of a run at work are left to that run.`),
    )
    .option("--recipe <recipe>", "of this recipe only; it need not be in recipes.yml any more")
    .option("--dry-run", "show the plan, and delete nothing")
    .option("--plan <id>", "do what this plan says, or refuse if anything has changed since")
    .option("-y, --yes", "do not ask")
    .addOption(columnOption())
    .addHelpText(
      "after",
      `
Examples:
  regild clean-up --dry-run
  regild clean-up --plan 4x7k0q2m9s1c
  regild clean-up --recipe web --yes
  regild clean-up --dry-run -o json | jq '.rows[] | select(.fate == "report")'

Exit status: 0 done, 4 you said no, 5 some deletes are not done yet: a host goes on with them,
6 refused: the clouds or the records have changed since the plan, or nobody is there to answer`,
    )
    .action(action((app, { options }) => cleanUp(app, optionsSchema.parse(options))));
}

async function cleanUp(app: App, options: Options): Promise<ExitStatus> {
  if (options.plan !== null && options.recipe !== null)
    throw usageError(BOTH, "A plan names its recipe itself: leave --recipe out");
  if (app.remote !== null) return cleanUpThere(app, app.remote, options);
  const recipes = options.recipe === null ? goodRecipes(app) : recipesOrNone(app);
  return withCleanUp(app, recipes, async (deps) => {
    const asked = { known: [...recipes.keys()], places: placesIn(recipes, options.recipe) };
    const plan = await ofOwnProject(() =>
      options.plan === null
        ? makePlan(deps, { ...asked, recipe: options.recipe })
        : stillTrue(deps, asked, options.plan),
    );
    needKnownRecipe(plan, asked.known);
    if (plan.rows.every(({ fate }) => fate !== "delete")) {
      answerCleanUp(app, viewCleanUp(plan));
      return EXIT.done;
    }
    if (options.plan === null) {
      await storePlan(deps, plan);
      if (options.dryRun || !options.yes) {
        if (options.dryRun || app.output.format === "table") answerCleanUp(app, viewCleanUp(plan));
        hintRules(app, recipes, plan);
      }
      if (options.dryRun) {
        hintToApply(app, plan.id);
        return EXIT.done;
      }
      if (!options.yes) {
        await mayDelete(app, plan.id);
        // Somebody may have booted a server from one of the images while the question waited.
        const still = await ofOwnProject(() => stillTrue(deps, asked, plan.id));
        return carryOut(app, deps, still);
      }
    }
    return carryOut(app, deps, plan);
  });
}

function placesIn(recipes: ReadonlyMap<string, Recipe>, recipe: string | null): Place[] {
  return [...recipes.values()]
    .filter(({ name }) => recipe === null || name === recipe)
    .map(({ cloud, region }) => ({ cloud, region }));
}

/** @throws CommandError NotFound */
async function stillTrue(
  deps: CleanUpDeps,
  asked: Omit<Asked, "recipe">,
  id: string,
): Promise<CleanUpPlan> {
  const read = await readAgain(deps, asked, id);
  if (read.is === "true") return read.plan;
  const remedy = "A new plan: regild clean-up --dry-run";
  if (read.is === "unknown")
    throw new NotFound(`There is no plan ${id}`, `Plans are kept for a day. ${remedy}`);
  const message = `Refused: something in the clouds or the records has changed since the plan. ${soFar(read.begun)}`;
  const details = read.changed.map((difference) => differenceText(difference));
  throw new CommandError(message, {
    status: EXIT.refused,
    code: "plan-outdated",
    remedy,
    details,
  });
}

async function ofOwnProject(plan: () => Promise<CleanUpPlan>): Promise<CleanUpPlan> {
  try {
    return await plan();
  } catch (error) {
    if (!(error instanceof OtherProject)) throw error;
    throw new CommandError(`Refused: ${error.message}`, {
      status: EXIT.refused,
      code: "other-project",
      remedy: `Use the clouds.yaml that the runs use. What it may do: regild doctor --cloud ${error.cloud}`,
    });
  }
}

const ROUND_MS = 2000;
/** An image that others have deleted is gone only after two 404s, half a minute apart. */
const PATIENCE_MS = 120_000;

async function carryOut(app: App, deps: CleanUpDeps, plan: CleanUpPlan): Promise<ExitStatus> {
  const announced = await announce(deps, plan);
  if ("changed" in announced) {
    const { changed, begun } = announced;
    throw new CommandError(
      `Refused: the record of ${changed} has changed just now. ${soFar(begun)}`,
      {
        status: EXIT.refused,
        code: "plan-outdated",
        remedy: "A new plan: regild clean-up --dry-run",
      },
    );
  }
  const untilMs = app.now() + PATIENCE_MS;
  const remaining = await finish(app, deps, announced.works, untilMs);
  const deleted = plan.rows
    .filter(({ fate, id }) => fate === "delete" && !remaining.includes(id))
    .map(({ id }) => id);
  return endOfCleanUp(app, viewCleanUp(plan, { deleted, remaining }));
}

async function finish(app: App, deps: CleanUpDeps, works: Work[], untilMs: number) {
  let left: Array<{ work: Work; ids: string[] }> = works.map((work) => ({
    work,
    ids: [...work.ids],
  }));
  for (let n = 0; left.length > 0 && app.now() < untilMs; n++) {
    if (n > 2) await sleep(ROUND_MS);
    const after = [];
    for (const { work } of left) after.push({ work, ids: await round(deps, work) });
    left = after.filter(({ ids }) => ids.length > 0);
  }
  return left.flatMap(({ ids }) => ids);
}

/** Clean-ups go by the rules that the host has read. */
function hintRules(app: App, recipes: ReadonlyMap<string, Recipe>, { worlds }: CleanUpPlan): void {
  const states = worlds.flatMap(({ recipes: seen }) => seen.map(({ recipeState }) => recipeState));
  const changed = states.filter(({ recipeName, rules }) => {
    const recipe = recipes.get(recipeName);
    return recipe !== undefined && rules !== null && !isSame(rulesOf(recipe), rules);
  });
  const names = [...new Set(changed.map(({ recipeName }) => recipeName))];
  if (names.length > 0)
    app.output.hint(
      `! recipes.yml has other rules for ${names.join(", ")}. This plan goes by the old ones until a host has read it`,
    );
}
