import type { Command } from "commander";
import * as z from "zod/mini";
import { expectedSeconds } from "../../../shared/run/next-check.ts";
import { isInPause } from "../../../shared/image/pause.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { SCHEMA, timeOf } from "../../view/document.ts";
import { recipeStateOf } from "../../view/read.ts";
import { type scheduleDocument, scheduledStarts } from "../../view/schedule.ts";
import type { App } from "../app.ts";
import { hasDataFile } from "../data-file.ts";
import { EXIT } from "../exit-status.ts";
import { goodRecipes, recipeNamed } from "../recipes-file.ts";
import { scheduleSheet, scheduleText } from "../text/schedule.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { columnOption, wholeNumber } from "./options.ts";
import { prose } from "./prose.ts";

const DAY_MS = 24 * 3_600_000;
const optionsSchema = z.object({ days: z.int(), limit: z.int() });

export function addSchedule(program: Command, action: Action): void {
  program
    .command("schedule [recipe...]")
    .summary("the next starts of every recipe, and which of them meet")
    .description(
      prose(`Lists the starts that the schedules of recipes.yml have ahead, in your time zone and in that of the
schedule. Notes say where two entries of a recipe start at the same time, and where clocks go back and an hour comes
twice. They say which run is usually still at work when the next one starts on the same recipe or server, and which
starts a pause leaves out. How long runs usually take comes from earlier uploads, if there is a data file.`),
    )
    .option("--days <n>", "so many days ahead", wholeNumber, 7)
    .option("--limit <n>", "so many starts at most", wholeNumber, 50)
    .addOption(columnOption())
    .addHelpText(
      "after",
      `
Examples:
  regild schedule
  regild schedule web --days 30
  regild schedule -o value -c START -c RECIPE`,
    )
    .action(
      action(async (app, { args: names, options }) => {
        const { days, limit } = optionsSchema.parse(options);
        const all = goodRecipes(app);
        const recipes =
          names.length === 0 ? [...all.values()] : names.map((name) => recipeNamed(all, name));
        const states = await recipeStatesOf(app, recipes);
        const fromMs = app.now();
        const untilMs = fromMs + days * DAY_MS;
        const { starts, isCut } = scheduledStarts(recipes, {
          fromMs,
          untilMs,
          most: limit,
          usualSeconds: ({ name }) => expectedSeconds(states.get(name)?.uploadSeconds ?? []),
          isPaused: ({ name }, atMs) => {
            const recipeState = states.get(name);
            return recipeState !== undefined && isInPause(recipeState, atMs);
          },
        });
        const document: z.infer<typeof scheduleDocument> = {
          schema: SCHEMA,
          until: timeOf(untilMs),
          starts,
          is_cut: isCut,
          without_schedule: recipes
            .filter(({ schedule }) => schedule.length === 0)
            .map(({ name }) => name),
        };
        app.output.answer({
          document,
          lines: starts.map((start) => ({ start })),
          sheet: () => scheduleSheet(starts, fromMs),
          text: (_paint, width) => scheduleText(starts, fromMs, width),
        });
        if (document.without_schedule.length > 0) {
          app.output.hint(`Without a schedule: ${document.without_schedule.join(", ")}`);
        }
        if (isCut) app.output.hint(`There are more: --limit ${limit * 2}`);
        return EXIT.done;
      }),
    );
}

/** By recipe; none where no run was recorded. */
async function recipeStatesOf(app: App, recipes: Recipe[]): Promise<Map<string, RecipeState>> {
  if (app.storage.kind === "file" && !hasDataFile(app.storage.name)) return new Map();
  return withRecords(app, new Map(), async ({ store }) => {
    const states = new Map<string, RecipeState>();
    for (const { name } of recipes) {
      const recipeState = await recipeStateOf(store, name);
      if (recipeState !== null) states.set(name, recipeState);
    }
    return states;
  });
}
