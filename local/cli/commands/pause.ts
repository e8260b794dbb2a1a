import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { pauseRecipe, resumeRecipe } from "../../../shared/commands/pause.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { SCHEMA } from "../../view/document.ts";
import { notFound } from "../../view/find-run.ts";
import { type pauseDocument, type PausedRecipeView, viewPausedRecipe } from "../../view/pause.ts";
import { recipeStateOf } from "../../view/read.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { usageError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { pauseThere, resumeThere } from "../remote/pause.ts";
import { goodRecipes, recipesOrNone } from "../recipes-file.ts";
import { type RunControl, withRunControl } from "../run-control.ts";
import { pausedText } from "../text/pause.ts";
import type { Action } from "./action.ts";
import { durationMs, timeMs } from "./options.ts";
import { prose } from "./prose.ts";

const pauseOptions = z.object({
  all: z._default(z.boolean(), false),
  until: z._default(z.nullable(z.int()), null),
  for: z._default(z.nullable(z.int()), null),
  reason: z.string(),
});
const resumeOptions = z.object({ all: z._default(z.boolean(), false) });

export function addPause(program: Command, action: Action): void {
  program
    .command("pause [recipe...]")
    .summary("start nothing by itself and delete no old image, for a while")
    .description(
      prose(`Pauses recipes: their schedules, webhooks and chat commands start no run, and no retired image is deleted.
A refresh by hand is refused unless you add --even-if-paused. A run that is at work goes on to its end and deletes
nothing old. Rollback and revoke work as ever. Starts that fall into the pause are not made up for.`),
    )
    .option("--all", "every recipe of recipes.yml as it is now")
    .requiredOption(
      "--reason <text>",
      "required: why, for whoever sees that the recipe stands still",
    )
    .addOption(
      new Option(
        "--until <time>",
        "resume by itself then: 14:00, 2026-11-30, 2026-11-30T14:00 or with a zone, 2026-11-30T14:00Z",
      ).argParser(timeMs),
    )
    .addOption(
      new Option("--for <duration>", "resume by itself after so long, for example 2h")
        .argParser(durationMs)
        .conflicts("until"),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild pause web --reason "the storage moves" --for 2h
  regild pause --all --until 2026-11-30T06:00 --reason "upgrade of the cloud"
  regild resume web`,
    )
    .action(
      action(async (app, { args: names, options }) => {
        const { all, until, for: forMs, reason } = pauseOptions.parse(options);
        if (reason.trim() === "") throw usageError("--reason is empty", "Say why, in a few words");
        const untilMs = forMs === null ? until : app.now() + forMs;
        if (forMs === 0) throw usageError("--for is zero", "Write for example --for 2h");
        if (untilMs !== null && untilMs <= app.now())
          throw usageError("--until is in the past", "Write a time that is still to come");
        if (app.remote !== null) {
          const chosen = chosenThere(names, all);
          return tell(app, await pauseThere(app.remote, chosen, { reason, untilMs }));
        }
        return withEach(app, names, all, async ({ backend }, name) => {
          const by = `${app.userName} (cli)`;
          const after = await pauseRecipe(backend, name, { by, reason, untilMs });
          return { recipeState: after, wasPaused: true };
        });
      }),
    );
}

export function addResume(program: Command, action: Action): void {
  program
    .command("resume [recipe...]")
    .summary("end a pause, also one that failures have caused")
    .description(
      prose(`Ends the pause of recipes, by a person or after failures. Schedules, webhooks and chat commands start
runs again, and old images are deleted by the usual rules. Missed starts are not made up for. The count of failures in
a row begins anew.`),
    )
    .option("--all", "every recipe of recipes.yml")
    .addHelpText(
      "after",
      `
Examples:
  regild resume web
  regild resume --all -o json | jq -r '.recipes[].next_start_at'`,
    )
    .action(
      action(async (app, { args: names, options }) => {
        const { all } = resumeOptions.parse(options);
        if (app.remote !== null) {
          return tell(app, await resumeThere(app.remote, chosenThere(names, all)));
        }
        return withEach(app, names, all, async ({ backend }, name) => {
          const after = await resumeRecipe(backend, name, `${app.userName} (cli)`);
          const recipeState = after ?? (await recipeStateOf(backend.store, name));
          return { recipeState, wasPaused: after !== null };
        });
      }),
    );
}

type Change = (
  control: RunControl,
  name: string,
) => Promise<{ recipeState: RecipeState | null; wasPaused: boolean }>;

async function withEach(
  app: App,
  names: readonly string[],
  all: boolean,
  change: Change,
): Promise<ExitStatus> {
  refuseBothOrNone(names, all);
  const recipes = all ? goodRecipes(app) : recipesOrNone(app);
  return withRunControl(app, { recipes, clouds: cloudsOf(app) }, async (control) => {
    const chosen = all ? [...recipes.keys()] : [...new Set(names)];
    for (const name of chosen) await refuseUnknown(app, control, recipes, name);
    const views: PausedRecipeView[] = [];
    for (const name of chosen) {
      const { recipeState, wasPaused } = await change(control, name);
      const is = { wasPaused, known: recipes.get(name), nowMs: app.now() };
      views.push(viewPausedRecipe(name, recipeState, is));
    }
    return tell(app, { schema: SCHEMA, recipes: views, next: null });
  });
}

/** @throws CommandError */
function refuseBothOrNone(names: readonly string[], all: boolean): void {
  if (all === names.length > 0)
    throw usageError(
      all ? "--all and a recipe are both given" : "No recipe is named",
      all ? "Write one of them" : "Write one or several, or --all",
    );
}

/** @returns null: all. @throws CommandError */
function chosenThere(names: readonly string[], all: boolean): string[] | null {
  refuseBothOrNone(names, all);
  return all ? null : [...new Set(names)];
}

function tell(app: App, document: z.infer<typeof pauseDocument>): ExitStatus {
  const { recipes: views } = document;
  app.output.answer({
    document,
    lines: views.map((recipe) => ({ recipe })),
    text: () => views.map((view) => pausedText(view, app.now())),
  });
  for (const { recipe, paused, run_under_way: run } of views) {
    if (paused !== null && run !== null)
      app.output.hint(
        `Run ${run} goes on, and deletes no old image. To end it: regild cancel ${recipe}`,
      );
  }
  return EXIT.done;
}

async function refuseUnknown(
  app: App,
  { backend: { store } }: RunControl,
  recipes: ReadonlyMap<string, Recipe>,
  name: string,
): Promise<void> {
  if (recipes.has(name) || (await recipeStateOf(store, name)) !== null) return;
  throw notFound({ store, recipes, now: app.now }, name);
}
