import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod/mini";
import { pauseProblem } from "../../../shared/protocol/pause-problem.ts";
import { start } from "../../../shared/protocol/start.ts";
import { fillInputs } from "../../../shared/recipe/inputs.ts";
import { forced } from "../../../shared/recipe/forced.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { randomIds } from "../../ids.ts";
import { SCHEMA } from "../../view/document.ts";
import { runReportsOf } from "../../view/queries.ts";
import type { App } from "../app.ts";
import { cloudsOf, needClouds } from "../clouds.ts";
import { CommandError, usageError } from "../command-error.ts";
import { rulesOfHooks } from "../config-file.ts";
import { hasDataFile } from "../data-file.ts";
import { deployedDiffers } from "../deployed-recipe.ts";
import { EXIT, EXIT_HELP, type ExitStatus } from "../exit-status.ts";
import { refreshThere } from "../remote/runs.ts";
import { goodRecipes, recipeNamed } from "../recipes-file.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { withRunControl, type RunControl } from "../run-control.ts";
import type { Action } from "./action.ts";
import { durationMs } from "./options.ts";
import { endOf } from "./run-end.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  all: z._default(z.boolean(), false),
  wait: z._default(z.boolean(), false),
  timeout: z._default(z.nullable(z.int()), null),
  input: z._default(z.record(z.string(), z.string()), {}),
  evenIfPaused: z._default(z.boolean(), false),
  force: z._default(z.boolean(), false),
});

export function addRefresh(program: Command, action: Action): void {
  program
    .command("refresh [recipe...]")
    .summary("start a run: take a new image, promote it, retire the old one")
    .description(
      prose(`Starts a run of each recipe that is named. A host does the work: regild serve. With --wait and no host
running, this command does the work itself. A recipe that is being refreshed already is not refreshed twice: the
new run joins the one at work.
Ctrl-C ends the watching. With a host running, the runs go on. Without one, this command does the work, and the runs
would stand still, perhaps with a server switched off. On a terminal, Ctrl-C asks whether to undo them, go on or leave.
Elsewhere the command leaves, and says which server is off and how to go on or undo. A second Ctrl-C leaves at once.`),
    )
    .option("--all", "every recipe of recipes.yml")
    .addOption(
      new Option(
        "--input <name=value>",
        "a value for an input of the recipe; repeat it for several",
      ).argParser(inputOf),
    )
    .option(
      "--wait",
      "watch until every run has ended; the exit status tells how, of several the worst",
    )
    .addOption(
      new Option("--timeout <duration>", "watch so long at most, for example 2h")
        .argParser(durationMs)
        .implies({ wait: true }),
    )
    .option("--even-if-paused", "also a recipe that somebody has paused: regild pause")
    .option("--force", "make an image whatever fresh_within and skip_unchanged of the recipe say")
    .addHelpText(
      "after",
      `
Examples:
  regild refresh web                 regild serve does the work
  regild refresh web --wait          in a script, or without a host
  regild refresh web db --wait       both, at the same time
  regild refresh --all --wait --timeout 2h -o json
  regild refresh runner --input version=1.4.2

${EXIT_HELP}`,
    )
    .action(
      action(async (app, { args: names, options }) => {
        const { all, wait, timeout, input, evenIfPaused, force } = optionsSchema.parse(options);
        if (app.remote !== null) {
          const is = { all, wait, timeout, input, evenIfPaused, force };
          return refreshThere(app, app.remote, names, is);
        }
        const recipes = goodRecipes(
          app,
          app.storage.kind === "file" ? rulesOfHooks(app.configFile) : [],
        );
        const chosen = chosenRecipes(recipes, names, all)
          .map((recipe) => filledBy(recipe, input))
          .map((recipe) => (force ? forced(recipe) : recipe));
        const isList = all || names.length > 1;
        const clouds = cloudsOf(app);
        if (app.storage.kind === "file" && !hasDataFile(app.storage.name)) {
          refuseHooks(app, chosen);
          if (!wait) refuseWithoutHost(app, names);
          // Nobody else can do the work. A problem of clouds.yaml is told before the file is made.
          needClouds(clouds, chosen);
        }
        return withRunControl(app, { recipes, clouds }, async (control) => {
          if (!evenIfPaused) await refusePaused(control, chosen);
          if (app.storage.kind === "aws") await warnOfOthers(app, control, chosen);
          if (control.workers.isNeeded()) refuseHooks(app, chosen);
          if (!wait) return accept(app, control, { chosen, names, isList });
          if (await control.workers.takeOver()) {
            needClouds(clouds, chosen);
            app.output.hint(
              `No host runs on ${app.storage.name}: this command does the work itself.`,
            );
          }
          const ids = await startRuns(app, control, chosen);
          const watched = await watchToEnd(app, control, ids, timeout);
          return endOf(app, control, watched, isList);
        });
      }),
    );
}

function inputOf(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([a-z][a-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("Write a name and a value, for example version=1.4.2");
  }
  if (Object.hasOwn(before, name)) {
    throw new InvalidArgumentError(`Input ${name} has a value already. Write it once`);
  }
  return { ...before, [name]: value };
}

/** @throws CommandError before anything is started. */
function filledBy(recipe: Recipe, inputs: Record<string, string>): Recipe {
  const unknown = Object.keys(inputs).find((name) => !Object.hasOwn(recipe.inputs, name));
  const filled =
    unknown === undefined ? fillInputs(recipe, inputs) : { problem: `input ${unknown} is unknown` };
  if ("recipe" in filled) return filled.recipe;
  const names = Object.keys(recipe.inputs).map((name) => `--input ${name}=…`);
  throw usageError(
    `${recipe.name}: ${filled.problem}`,
    names.length === 0 ? "The recipe has no inputs" : `Write ${names.join(" ")}`,
  );
}

/** Each once. @throws CommandError before anything is started. */
function chosenRecipes(
  recipes: ReadonlyMap<string, Recipe>,
  names: readonly string[],
  all: boolean,
): Recipe[] {
  if (all && names.length > 0) {
    throw usageError("--all and a recipe are both given", "Write one of them");
  }
  if (all) return [...recipes.values()];
  if (names.length > 0) return [...new Set(names)].map((name) => recipeNamed(recipes, name));
  throw usageError(
    "No recipe is named",
    `Write one or several, or --all. The recipes are: ${[...recipes.keys()].join(", ") || "none"}`,
  );
}

/** @throws CommandError before anything is started. */
async function refusePaused({ backend }: RunControl, chosen: Recipe[]): Promise<void> {
  for (const { name } of chosen) {
    const problem = await pauseProblem(backend, name);
    if (problem === null) continue;
    throw new CommandError(`${name} is ${problem}. Nothing was started`, {
      status: EXIT.refused,
      code: "paused",
      remedy: `End the pause: regild resume ${name}. Or make one image all the same: --even-if-paused`,
    });
  }
}

async function warnOfOthers(app: App, { backend }: RunControl, chosen: Recipe[]): Promise<void> {
  for (const recipe of chosen) {
    const differs = await deployedDiffers(backend.store, recipe, app.recipesFile, app.now());
    if (differs !== null) app.output.hint(differs);
  }
}

/** The host's poll finds them. */
async function accept(
  app: App,
  control: RunControl,
  { chosen, names, isList }: { chosen: Recipe[]; names: string[]; isList: boolean },
): Promise<ExitStatus> {
  if (control.workers.isNeeded()) refuseWithoutHost(app, names);
  const { store } = control.backend;
  const ids = await startRuns(app, control, chosen);
  const records = { store, recipes: new Map<string, Recipe>(), now: app.now };
  const list = await runReportsOf(records, ids);
  const [first] = list.runs;
  app.output.answer({
    document: isList || first === undefined ? list : { schema: SCHEMA, run: first },
    lines: list.runs.map((run) => ({ run })),
    text: () =>
      list.runs.map(
        ({ id, recipe }) => `Run ${id}: recipe ${recipe}. How it stands: regild status ${id}`,
      ),
  });
  return EXIT.done;
}

/** @param names none: all recipes. */
function refuseWithoutHost({ storage }: App, names: string[]): never {
  const which = names.length === 0 ? "--all" : names.join(" ");
  throw new CommandError(`No host runs on ${storage.name}, so nobody would do the work`, {
    status: EXIT.refused,
    code: "no-host",
    remedy: `Start one: regild serve. Or do it here: regild refresh ${which} --wait`,
  });
}

/** Only a host asks hooks, because only a host takes an answer that comes later. */
function refuseHooks({ storage }: App, chosen: Recipe[]): void {
  const asking = chosen.find(({ prepare }) => prepare.hook !== null);
  if (asking === undefined) return;
  throw new CommandError(
    `${asking.name} asks a hook before it stops its source, and no host runs on ${storage.name} to ask it`,
    {
      status: EXIT.refused,
      code: "no-host",
      remedy: "Start one: regild serve. Then do this again",
    },
  );
}

async function startRuns(app: App, { backend }: RunControl, recipes: Recipe[]): Promise<string[]> {
  const ids: string[] = [];
  for (const recipe of recipes) {
    ids.push(
      await start(backend, backend.installationId, recipe, {
        kind: "command",
        by: `${app.userName} (cli)`,
        id: randomIds.short() + randomIds.short(),
      }),
    );
  }
  return ids;
}
