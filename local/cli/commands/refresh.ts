import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { start } from "../../../shared/protocol/start.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { randomIds } from "../../ids.ts";
import { runNamed } from "../../view/queries.ts";
import type { App } from "../app.ts";
import { cloudsOf, needClouds } from "../clouds.ts";
import { CommandError } from "../command-error.ts";
import { hasDataFile } from "../data-file.ts";
import { deployedDiffers } from "../deployed-recipe.ts";
import { EXIT, EXIT_HELP, type ExitStatus } from "../exit-status.ts";
import { goodRecipes, recipeNamed } from "../recipes-file.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { withRunControl, type RunControl } from "../run-control.ts";
import type { Action } from "./action.ts";
import { durationMs } from "./options.ts";
import { endOf } from "./run-end.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  wait: z._default(z.boolean(), false),
  timeout: z._default(z.nullable(z.int()), null),
});

export function addRefresh(program: Command, action: Action): void {
  program
    .command("refresh <recipe>")
    .summary("start a run: take a new image, promote it, retire the old one")
    .description(
      prose(`Starts a run of a recipe. A host does the work: regild serve. With --wait and no host running, this
command does the work itself. A recipe that is being refreshed already is not refreshed twice: the
new run joins the one at work.
Ctrl-C ends the watching. With a host running, the run goes on. Without one, this command does the
work, and the run would stand still, perhaps with its server switched off: on a terminal Ctrl-C asks whether to undo the
run, go on or leave; elsewhere it leaves, and says which server is off and how to go on or undo.
A second Ctrl-C leaves at once.`),
    )
    .option("--wait", "watch until the run has ended; the exit status tells how")
    .addOption(
      new Option("--timeout <duration>", "watch so long at most, for example 2h")
        .argParser(durationMs)
        .implies({ wait: true }),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild refresh web                 regild serve does the work
  regild refresh web --wait          in a script, or without a host
  regild refresh web --wait --timeout 2h -o json

${EXIT_HELP}`,
    )
    .action(
      action(async (app, { args: [name = ""], options }) => {
        const { wait, timeout } = optionsSchema.parse(options);
        const recipes = goodRecipes(app);
        const recipe = recipeNamed(recipes, name);
        const clouds = cloudsOf(app);
        if (!wait && app.storage.kind === "file" && !hasDataFile(app.storage.name))
          refuseWithoutHost(app, recipe);
        return withRunControl(app, { recipes, clouds }, async (control) => {
          if (app.storage.kind === "aws") {
            const { recipesFile } = app;
            const { store } = control.backend;
            const differs = await deployedDiffers(store, recipe, recipesFile, app.now());
            if (differs !== null) app.output.hint(differs);
          }
          if (!wait) return accept(app, control, recipe);
          if (await control.workers.takeOver()) {
            needClouds(clouds, [recipe]);
            app.output.hint(
              `No host runs on ${app.storage.name}: this command does the work itself.`,
            );
          }
          const id = await startRun(app, control, recipe);
          const watched = await watchToEnd(app, control, id, timeout);
          return endOf(app, control, watched);
        });
      }),
    );
}

/** The host's poll finds it. */
async function accept(app: App, control: RunControl, recipe: Recipe): Promise<ExitStatus> {
  if (control.workers.isNeeded()) refuseWithoutHost(app, recipe);
  const { store } = control.backend;
  const id = await startRun(app, control, recipe);
  const document = await runNamed({ store, recipes: new Map(), now: app.now }, id);
  app.output.answer({
    document,
    text: () => [`Run ${id}: recipe ${recipe.name}. How it stands: regild status ${id}`],
  });
  return EXIT.done;
}

function refuseWithoutHost({ storage }: App, recipe: Recipe): never {
  throw new CommandError(`No host runs on ${storage.name}, so nobody would do the work`, {
    status: EXIT.refused,
    code: "no-host",
    remedy: `Start one: regild serve. Or do it here: regild refresh ${recipe.name} --wait`,
  });
}

async function startRun(app: App, { backend }: RunControl, recipe: Recipe): Promise<string> {
  return start(backend, backend.home, recipe, {
    kind: "command",
    by: `${app.userName} (cli)`,
    id: randomIds.short() + randomIds.short(),
  });
}
