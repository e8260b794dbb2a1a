import type { Command } from "commander";
import * as z from "zod/mini";
import { historyDocument } from "../../view/history.ts";
import { historyPage } from "../../view/queries.ts";
import { EXIT } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { historySheet, historyText } from "../text/history.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { pageQuery } from "../remote/page-query.ts";
import { columnOption, wholeNumber } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ limit: z.int(), after: z._default(z.nullable(z.string()), null) });

export function addHistory(program: Command, action: Action): void {
  program
    .command("history <recipe>")
    .summary("which image replaced which, when, by whom, and why each went")
    .description(
      prose(`Shows what became of a recipe's images, newest first. Says which run made an image current in place of
which, and who rolled back or revoked, and why. Says which request was refused, and whether Regild or somebody else
deleted an image. Requests that no worker has carried out yet come first.`),
    )
    .option("--limit <n>", "so many at most", wholeNumber, 20)
    .addOption(columnOption())
    .option("--after <event>", "go on after this event: the `next` of an earlier answer")
    .addHelpText(
      "after",
      `
Examples:
  regild history web
  regild history web -o value -c WHEN -c IMAGE -c BY
  regild history web -o json | jq -r '.events[] | select(.kind == "promoted").image.id'`,
    )
    .action(
      action(async (app, { args: [recipe = ""], options }) => {
        const page = optionsSchema.parse(options);
        const document =
          app.remote === null
            ? await withRecords(app, recipesOrNone(app), (records) =>
                historyPage(records, recipe, page),
              )
            : await app.remote.get(
                `/v1/recipes/${encodeURIComponent(recipe)}/history`,
                historyDocument,
                pageQuery(page),
              );
        app.output.answer({
          document,
          lines: document.events.map((event) => ({ event })),
          sheet: () => historySheet(document.events, app.now()),
          text: (_paint, width) => historyText(document, app.now(), width),
        });
        if (document.next !== null) app.output.hint(`There are more: --after ${document.next}`);
        return EXIT.done;
      }),
    );
}
