import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod/mini";
import { loadRecipes } from "../../../shared/recipe/load.ts";
import { cronProblem } from "../../../shared/recipe/schedule.ts";
import { timezoneProblem } from "../../../shared/recipe/timezone.ts";
import type { initDocument } from "../../view/init.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { cloudProblems, cloudsOf, openLoaded } from "../clouds.ts";
import { CommandError, usageError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import {
  chooseCloud,
  chooseKeep,
  chooseName,
  chooseSchedule,
  chooseSource,
  type Given,
  sourceField,
} from "../init/choose.ts";
import { keepProblem, recipeNameProblem } from "../init/problems.ts";
import { openQuestions, type Questions, Unanswered } from "../init/questions.ts";
import { type NewRecipe, recipeText } from "../init/recipe-text.ts";
import { FILES } from "../places.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  cloud: z.optional(z.string()),
  server: z.optional(z.string()),
  volume: z.optional(z.string()),
  name: z.optional(z.string()),
  schedule: z.optional(z.string()),
  timezone: z.optional(z.string()),
  keep: z.optional(z.int()),
});

export function addInit(program: Command, action: Action): void {
  program
    .command("init")
    .summary("write the first recipes.yml: looks into the cloud, and asks")
    .description(
      prose(`Writes a recipes.yml with one recipe into the current folder. Signs in to the cloud, lists its servers and
volumes, and asks for what no option says. Changes nothing in the cloud, and never overwrites a file.
Off a terminal it asks nothing: --server or --volume is needed then, and --cloud if clouds.yaml has several clouds.`),
    )
    .option("--cloud <name>", "an entry of clouds.yaml (default: OS_CLOUD, or the only entry)")
    .addOption(
      new Option("--server <name>", "the server to take images of: its id or exact name").conflicts(
        "volume",
      ),
    )
    .option("--volume <name>", "the volume to take images of: its id or exact name")
    .option(
      "--name <recipe>",
      "name of the recipe (default: by the server)",
      good(recipeNameProblem),
    )
    .option(
      "--schedule <cron>",
      "when runs start by themselves (default: never)",
      good(cronProblem),
    )
    .option("--timezone <zone>", "of the schedule (default: UTC)", good(timezoneProblem))
    .option("--keep <n>", "images to keep, the current one counted (default: 3)", (text) =>
      Number(good(keepProblem)(text)),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild init
  regild init --server web-golden
  regild init --cloud mycloud --server web-golden --name web --schedule "30 2 * * *" --keep 5`,
    )
    .action(action(async (app, { options }) => init(app, optionsSchema.parse(options))));
}

async function init(app: App, given: Given): Promise<ExitStatus> {
  const path = newFile(app);
  const isTerminal = process.stdin.isTTY && app.output.err.isTTY && app.output.format === "table";
  using questions = isTerminal
    ? openQuestions({ input: process.stdin, output: app.output.err })
    : null;
  try {
    const recipe = await ask(app, given, questions);
    const text = recipeText(recipe);
    const read = loadRecipes(text, path);
    if ("problems" in read) throw new Error(read.problems.map((p) => p.message).join("\n"));
    writeFileSync(path, text, { mode: 0o644, flag: "wx" });
    answer(app, { path, recipe, text });
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    app.output.hint("Nothing was written.");
    return EXIT.interrupted;
  }
}

async function ask(app: App, given: Given, questions: Questions | null): Promise<NewRecipe> {
  const loaded = cloudsOf(app);
  const cloudName = await chooseCloud(loaded, given, questions);
  const problems = cloudProblems(loaded, cloudName);
  if (problems.length > 0) {
    throw usageError(
      `Cloud ${cloudName} cannot be used`,
      "Correct the setting that is named, or choose another cloud: --cloud NAME",
      problems,
    );
  }
  const cloud = openLoaded(loaded, app.now).open({ cloud: cloudName, region: null }, () => {});
  const source = await chooseSource(cloud, given, questions);
  return {
    cloud: cloudName,
    ...(await sourceField(cloud, source)),
    name: await chooseName(given, source, questions),
    schedule: await chooseSchedule(given, questions),
    keep: await chooseKeep(given, questions),
  };
}

/** The one that an option or a variable names, else one in the current folder. @throws CommandError */
function newFile({ cwd, places: { recipes } }: App): string {
  const isNamed = recipes.from === "option" || recipes.from === "variable";
  const path = resolve(cwd, isNamed ? recipes.path : FILES.recipes.name);
  if (!existsSync(path)) return path;
  throw new CommandError(`There is a ${path} already, and it stays as it is`, {
    status: EXIT.usage,
    code: "recipes-exist",
    remedy: "Add a recipe to it by hand, or write another file: regild init --recipes FILE",
  });
}

function answer(
  { output, places }: App,
  { path, recipe, text }: { path: string; recipe: NewRecipe; text: string },
): void {
  const { recipes } = places;
  const option = recipes.from === "option" ? ` --recipes ${recipes.path}` : "";
  const next = [`regild doctor${option}`, `regild refresh ${recipe.name} --wait${option}`];
  const document: z.infer<typeof initDocument> = {
    schema: SCHEMA,
    file: path,
    recipe: recipe.name,
    text,
    next,
  };
  output.answer({
    document,
    text: () => [
      `Wrote ${path}:`,
      "",
      text,
      `Next: ${next[0]}   (may these credentials do it?)`,
      `      ${next[1]}   (the first image)`,
    ],
  });
}

function good(problemOf: (text: string) => string | null) {
  return (text: string): string => {
    const problem = problemOf(text);
    if (problem === null) return text;
    throw new InvalidArgumentError(`It ${problem}`);
  };
}
