import type { Command } from "commander";
import type * as z from "zod/mini";
import { formatProblems, type Problem } from "../../../shared/recipe/problem.ts";
import { dayFieldsRule } from "../../../shared/recipe/day-fields.ts";
import { UNUSED_VALUE_RULES } from "../../../shared/recipe/unused-values.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import type { recipesCheckDocument } from "../../view/checks.ts";
import { SCHEMA } from "../../view/document.ts";
import { withoutSmtp } from "../needs-smtp.ts";
import { unknownAllowed } from "../allowed-recipes.ts";
import type { App } from "../app.ts";
import { cloudsOf, surroundingProblems } from "../clouds.ts";
import { EXIT } from "../exit-status.ts";
import { readConfig, readWithConfig } from "../config-file.ts";
import { missingConfig } from "../missing-config.ts";
import { problemsSentence } from "../recipes-file.ts";
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
write instead. Also lists those of regild.yml, if it is there, and those of proxy and certificate variables that
a cloud of the recipes would use. Asks no cloud and needs no data file: regild doctor looks for the server or volume
of each recipe. Without a name, the file of --recipes.
A warning names what is valid but may start more runs than meant, or what the cloud takes and cannot use; the
command still exits with 0.`),
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
        const config = readConfig(app.configFile);
        const {
          recipes,
          problems: inFiles,
          warnings: ofRecipes,
        } = readWithConfig({ ...app, recipesFile: file }, config, app.configFile, [
          dayFieldsRule(app.now()),
          ...UNUSED_VALUE_RULES,
        ]);
        const problems = [...inFiles, ...environmentProblems(app, recipes)];
        const isRead = config !== null && "chat" in config && problems.length === 0;
        const warnings = isRead
          ? [
              ...ofRecipes,
              ...unknownAllowed(app.configFile, config, [...recipes.keys()]),
              ...(app.storage.kind === "file"
                ? withoutSmtp(app.configFile, config.notifications)
                : []),
            ]
          : ofRecipes;
        const names = problems.length === 0 ? [...recipes.keys()] : [];
        const document: z.infer<typeof recipesCheckDocument> = {
          schema: SCHEMA,
          file,
          recipes: names,
          problems,
          warnings,
        };
        app.output.answer({
          document,
          lines: [
            ...problems.map((problem) => ({ problem })),
            ...warnings.map((warning) => ({ warning })),
          ],
          text: () => [
            ...formatProblems(warnings.map(asWarning)),
            ...(problems.length === 0
              ? [`${counted(names.length, "recipe")}, no problems${warningCount(warnings)}`]
              : [...formatProblems(problems), `${problemsSentence(problems, file)}.`]),
          ],
        });
        if (config === null) app.output.hint(...missingConfig(recipes, app.configFile));
        if (problems.length > 0) return EXIT.usage;
        app.output.hint(
          "No cloud was asked: regild doctor looks for the server or volume of each recipe.",
        );
        return EXIT.done;
      }),
    );
}

function asWarning(warning: Problem): Problem {
  return { ...warning, message: `warning: ${warning.message}` };
}

function warningCount({ length }: readonly Problem[]): string {
  return length === 0 ? "" : `, ${counted(length, "warning")}`;
}

/** Proxies and certificates that a cloud of these recipes would use, and cannot: no line of a file is to blame. */
function environmentProblems(app: App, recipes: ReadonlyMap<string, Recipe>): Problem[] {
  return surroundingProblems(cloudsOf(app), recipes.values()).map(({ file, field, message }) => ({
    file,
    line: 1,
    column: 1,
    path: "",
    message: `${field} ${message}`,
  }));
}
