import type { Command } from "commander";
import * as z from "zod/mini";
import { imagesDocument } from "../../view/images.ts";
import { imagesPage } from "../../view/queries.ts";
import { withRecords } from "../with-records.ts";
import { EXIT } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import {
  imagesSheet,
  imagesText,
  memberLines,
  diskLines,
  protectionLines,
  rulesHint,
} from "../text/images.ts";
import type { Action } from "./action.ts";
import { pageQuery } from "../remote/page-query.ts";
import { columnOption, wholeNumber } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ limit: z.int(), after: z._default(z.nullable(z.string()), null) });

export function addImages(program: Command, action: Action): void {
  program
    .command("images <recipe>")
    .summary("a recipe's images, and what becomes of each next")
    .description(
      prose(`Lists the images that Regild made for a recipe and that still exist, newest first. Says which one is
current, which are kept to go back to, and when each of the others is deleted, or why Regild left it.
keep and cooling_off are those of recipes.yml as it is now. If the recipe names
zones, a column for each zone says whether the image was usable there when it became current. SERVER ZONE is the
availability zone of the server that the image was made of. If the recipe shares its images, a line for each
project says whether it has accepted the current one.`),
    )
    .option("--limit <n>", "so many at most", wholeNumber, 20)
    .addOption(columnOption())
    .option("--after <image>", "go on after this image: the `next` of an earlier answer")
    .addHelpText(
      "after",
      `
Examples:
  regild images web
  regild images web -o value -c ID -c STATE
  regild images web -o json | jq -r '.images[] | select(.state == "current").id'
  regild images web -o json | jq '.by_zone'    # image by zone, null without zones`,
    )
    .action(
      action(async (app, { args: [recipe = ""], options }) => {
        const page = optionsSchema.parse(options);
        const document =
          app.remote === null
            ? await withRecords(app, recipesOrNone(app), (records) =>
                imagesPage(records, recipe, page),
              )
            : await app.remote.get(
                `/v1/recipes/${encodeURIComponent(recipe)}/images`,
                imagesDocument,
                pageQuery(page),
              );
        app.output.answer({
          document,
          lines: document.images.map((image) => ({ image })),
          sheet: () => imagesSheet(document.images, app.now()),
          text: (_paint, width) => [
            ...imagesText(recipe, document.images, app.now(), width),
            ...memberLines(document),
            ...diskLines(document.images),
            ...protectionLines(document.images),
          ],
        });
        const changed = rulesHint(document, app.storage.kind === "aws");
        if (changed !== null) app.output.hint(changed);
        if (document.next !== null) app.output.hint(`There are more: --after ${document.next}`);
        return EXIT.done;
      }),
    );
}
