import type { Command } from "commander";
import type * as z from "zod/mini";
import { formatProblems } from "../../../shared/recipe/problem.ts";
import type { recipesCheckDocument } from "../../view/checks.ts";
import { SCHEMA } from "../../view/document.ts";
import { EXIT } from "../exit-status.ts";
import { problemsSentence, readRecipes } from "../recipes-file.ts";
import { counted } from "../text/format.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

export function addRecipes(program: Command, action: Action): void {
  program
    .command("recipes")
    .summary("look after the recipe file")
    .command("check [file]")
    .summary("every problem of every recipe, with line and remedy")
    .description(
      prose(`Reads a recipe file and lists every problem of every recipe, with file, line, column and what to
write instead. Asks no cloud and needs no data file. Without a name, the file of --recipes.`),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild recipes check
  regild recipes check staging.yml -o json`,
    )
    .action(
      action(async (app, { args: [file = app.recipesFile] }) => {
        const read = readRecipes(file);
        const names = "recipes" in read ? [...read.recipes.keys()] : [];
        const problems = "problems" in read ? read.problems : [];
        const document: z.infer<typeof recipesCheckDocument> = {
          schema: SCHEMA,
          file,
          recipes: names,
          problems,
        };
        app.output.answer({
          document,
          lines: problems.map((problem) => ({ problem })),
          text: () =>
            problems.length === 0
              ? [`${counted(names.length, "recipe")}, no problems`]
              : [...formatProblems(problems), `${problemsSentence(problems)}.`],
        });
        return problems.length === 0 ? EXIT.done : EXIT.usage;
      }),
    );
}
