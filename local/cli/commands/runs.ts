import type { Command } from "commander";
import * as z from "zod/mini";
import { runsPage } from "../../view/queries.ts";
import { withRecords } from "../with-records.ts";
import { EXIT } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { runsSheet, runsText } from "../text/runs.ts";
import type { Action } from "./action.ts";
import { columnOption, wholeNumber } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ limit: z.int(), after: z._default(z.nullable(z.string()), null) });

export function addRuns(program: Command, action: Action): void {
  program
    .command("runs [recipe]")
    .summary("the runs of one recipe or of all, newest first")
    .description(
      prose(`The runs of a recipe, newest first. Without a name those of all recipes: the ones at work first,
then what has ended in the last 90 days.`),
    )
    .option("--limit <n>", "so many at most", wholeNumber, 20)
    .addOption(columnOption())
    .option("--after <run>", "go on after this run: the `next` of an earlier answer")
    .addHelpText(
      "after",
      `
Examples:
  regild runs --limit 5
  regild runs web -o json
  regild runs -o value -c RUN`,
    )
    .action(
      action(async (app, { args: [recipe], options }) => {
        const page = optionsSchema.parse(options);
        const document = await withRecords(app, recipesOrNone(app.recipesFile), (records) =>
          runsPage(records, recipe ?? null, page),
        );
        app.output.answer({
          document,
          lines: document.runs.map((run) => ({ run })),
          sheet: (paint) => runsSheet(document.runs, app.now(), paint),
          text: (paint, width) => runsText(document.runs, app.now(), paint, width),
        });
        if (document.next !== null) app.output.hint(`There are more: --after ${document.next}`);
        return EXIT.done;
      }),
    );
}
