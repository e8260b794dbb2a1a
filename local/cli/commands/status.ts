import type { Command } from "commander";
import * as z from "zod/mini";
import { recipeOf } from "../../view/read.ts";
import { runNamed, statusOf } from "../../view/queries.ts";
import { withRecords } from "../with-records.ts";
import { hasDataFile } from "../data-file.ts";
import { EXIT } from "../exit-status.ts";
import type { Remote } from "../remote/remote.ts";
import { runThere } from "../remote/watch.ts";
import { SCHEMA } from "../../view/document.ts";
import { goodRecipes, recipesOrNone } from "../recipes-file.ts";
import { deadLettersNeedYou } from "../text/dead-letters.ts";
import { hostNeedsYou, hostText, recipesNeedYou } from "../text/host.ts";
import { needsYou, sourceProblemsText, statusSheet, statusText } from "../text/status.ts";
import { runReportText } from "../text/run-report.ts";
import type { App } from "../app.ts";
import type { ExitStatus } from "../exit-status.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { recipesInForce } from "../../recipes-in-force.ts";
import { recipeDocument, statusDocument, viewRecipe } from "../../view/status.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ check: z._default(z.boolean(), false) });

export function addStatus(program: Command, action: Action): void {
  program
    .command("status [recipe|run]")
    .summary("how every recipe stands, or the whole report of a run")
    .description(
      prose(`Shows for every recipe its current image, the age of that image, and its last run.
With the name of a recipe, prints the report of its active or newest run. With the id of a run, or a unique start of
one, prints the report of that run, with the request ids that a cloud's operator asks for.
A recipe is overdue once a start of its schedule had its time (deadline and 15 min) without a new current image.`),
    )
    .addOption(columnOption())
    .option(
      "--check",
      "exit with 7 when something needs somebody: a server was left switched off, a recipe's last run failed or it is overdue, its schedule is held or failures have paused it, its current image was deleted or deactivated, or none is current any more, a snapshot or volume could not be deleted, a message is stuck, a callback was given up, no host works",
    )
    .addHelpText(
      "after",
      `
Examples:
  regild status
  regild status web                 the active or newest run of web
  regild status web-20261123-0930   a run
  regild status --check -o json     for monitoring`,
    )
    .action(
      action(async (app, { args: [name], options }) => {
        const { check } = optionsSchema.parse(options);
        return name === undefined ? allRecipes(app, check) : oneRun(app, name, check);
      }),
    );
}

async function allRecipes(app: App, check: boolean): Promise<ExitStatus> {
  const document = await statusNow(app);
  app.output.answer({
    document,
    lines: [
      ...document.recipes.map((recipe) => ({ recipe })),
      ...(document.host === null ? [] : [{ host: document.host }]),
    ],
    sheet: (paint) => statusSheet(document.recipes, app.now(), paint),
    text: (paint, width) => [
      ...statusText(document.recipes, app.now(), paint, width),
      ...sourceProblemsText(document.recipes, app.now(), paint),
      ...hostText(document.host, app.now(), paint),
    ],
  });
  const needs = [
    needsYou(document.recipes),
    deadLettersNeedYou(document.stuck_dead_letters),
    hostNeedsYou(document, app.now()),
    recipesNeedYou(document.host),
  ].filter((need) => need !== null);
  app.output.hint(...needs);
  return check && needs.length > 0 ? EXIT.checkFailed : EXIT.done;
}

/** By the recipe file; by the recipes of the running host while the file has a mistake, which the host tells. */
async function statusNow(app: App): Promise<z.infer<typeof statusDocument>> {
  if (app.remote !== null) return app.remote.get("/v1/status", statusDocument);
  let recipes: ReadonlyMap<string, Recipe>;
  try {
    recipes = goodRecipes(app);
  } catch (error) {
    if (app.storage.kind === "aws" || !hasDataFile(app.storage.name)) throw error;
    return withRecords(app, new Map(), async (records) => {
      const host = await records.host?.();
      const inForce = await recipesInForce(records.store);
      if (host?.state !== "running" || inForce === null || inForce.refused === null) throw error;
      const byName = new Map(inForce.recipes.map((recipe) => [recipe.name, recipe]));
      return statusOf({ ...records, recipes: byName });
    });
  }
  return withRecords(app, recipes, statusOf);
}

async function oneRun(app: App, name: string, check: boolean): Promise<ExitStatus> {
  if (app.remote !== null) return oneRunThere(app, app.remote, name, check);
  const recipes = recipesOrNone(app);
  return withRecords(app, recipes, async (records) => {
    const document = await runNamed(records, name);
    const { run } = document;
    app.output.answer({ document, text: (paint) => runReportText(run, app.now(), paint) });
    const recipe = recipes.get(name);
    const needsYou =
      recipe === undefined
        ? run.state === "failed"
        : viewRecipe(await recipeOf(records, recipe), app.now()).needs_you;
    return check && (needsYou || run.nobody_works_since !== null) ? EXIT.checkFailed : EXIT.done;
  });
}

async function oneRunThere(
  app: App,
  remote: Remote,
  name: string,
  check: boolean,
): Promise<ExitStatus> {
  const run = await runThere(remote, name);
  const document = { schema: SCHEMA, run };
  app.output.answer({ document, text: (paint) => runReportText(run, app.now(), paint) });
  if (!check) return EXIT.done;
  const path = `/v1/recipes/${encodeURIComponent(name)}`;
  const needsYou =
    run.recipe === name
      ? (await remote.get(path, recipeDocument)).recipe.needs_you
      : run.state === "failed";
  return needsYou || run.nobody_works_since !== null ? EXIT.checkFailed : EXIT.done;
}
