import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { timeOf } from "../../view/document.ts";
import { RUN_STATES, runsDocument } from "../../view/run.ts";
import { runsPage } from "../../view/queries.ts";
import { withRecords } from "../with-records.ts";
import { EXIT } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { runsSheet, runsText } from "../text/runs.ts";
import type { Action } from "./action.ts";
import { pageQuery } from "../remote/page-query.ts";
import { columnOption, durationMs, wholeNumber } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  state: z.optional(z.enum(RUN_STATES)),
  since: z.optional(z.int()),
  limit: z.int(),
  after: z._default(z.nullable(z.string()), null),
});

export function addRuns(program: Command, action: Action): void {
  program
    .command("runs [recipe]")
    .summary("the runs of one recipe or of all, newest first")
    .description(
      prose(`The runs of a recipe, newest first. Without a name those of all recipes: the ones at work first,
then what has ended in the last 90 days.`),
    )
    .option("--limit <n>", "so many at most", wholeNumber, 20)
    .addOption(new Option("--state <state>", "only runs in this state").choices(RUN_STATES))
    .addOption(
      new Option(
        "--since <duration>",
        "only runs started so long ago at most, for example 24h",
      ).argParser(durationMs),
    )
    .addOption(columnOption())
    .option("--after <run>", "go on after this run: the `next` of an earlier answer")
    .addHelpText(
      "after",
      `
Examples:
  regild runs --limit 5
  regild runs --state failed --since 24h
  regild runs web -o json
  regild runs -o value -c RUN`,
    )
    .action(
      action(async (app, { args: [recipe], options }) => {
        const { state, since, ...page } = optionsSchema.parse(options);
        const filter = {
          ...(state !== undefined && { states: [state] }),
          ...(since !== undefined && { startedFromMs: app.now() - since }),
        };
        const isFiltered = state !== undefined || since !== undefined;
        const document =
          app.remote === null
            ? await withRecords(app, recipesOrNone(app), (records) =>
                runsPage(records, recipe ?? null, page, filter),
              )
            : await app.remote.get("/v1/runs", runsDocument, {
                ...pageQuery(page),
                recipe,
                state,
                started_after: since === undefined ? null : timeOf(app.now() - since),
              });
        app.output.answer({
          document,
          lines: document.runs.map((run) => ({ run })),
          sheet: (paint) => runsSheet(document.runs, app.now(), paint),
          text: (paint, width) =>
            isFiltered && document.runs.length === 0
              ? ["No run matches."]
              : runsText(document.runs, app.now(), paint, width),
        });
        if (document.next !== null) app.output.hint(`There are more: --after ${document.next}`);
        return EXIT.done;
      }),
    );
}
