import { readFileSync } from "node:fs";
import { dayFieldsRule } from "../../shared/recipe/day-fields.ts";
import { UNUSED_VALUE_RULES } from "../../shared/recipe/unused-values.ts";
import type { Rule } from "../../shared/recipe/rule.ts";
import { formatProblems, type Problem } from "../../shared/recipe/problem.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import {
  callbackRule,
  commitStatusRule,
  hookRule,
  senderRule,
} from "../../shared/recipe/sender-rule.ts";
import { isAtCommits } from "../../shared/callback/target.ts";
import { readSettings } from "../../shared/settings/read-settings.ts";
import { NO_SETTINGS, type Settings } from "../../shared/settings/settings.ts";
import { EXAMPLE } from "../../shared/webhook/config-file.ts";
import { notificationRule } from "../../shared/recipe/notifications.ts";
import { usageError } from "./command-error.ts";
import { modeForOthers } from "./file-mode.ts";
import { secretIn } from "./secret-in.ts";
import type { App } from "./app.ts";
import { problemsSentence, readRecipes, type RecipesPlace } from "./recipes-file.ts";

export type Config = ReturnType<typeof readSettings>;

/** @returns null: there is no such file. */
export function readConfig(file: string): Config | null {
  const text = textOf(file);
  if (text === null) return null;
  const read = readSettings(text, file, secretIn);
  const mode = modeForOthers(file);
  if (mode === null) return read;
  const message = `it holds secrets, and others may read it (mode ${mode}). chmod 600 ${file}`;
  const problem: Problem = { file, line: 1, column: 1, path: "", message };
  return { problems: [problem, ...("problems" in read ? read.problems : [])] };
}

/** Both files' problems, those of a recipe whose sender is not there among them; without a `config` none is missed. */
export function readWithConfig(
  place: RecipesPlace,
  config: Config | null,
  configFile: string,
  further: readonly Rule[] = [],
): { recipes: Map<string, Recipe>; problems: Problem[]; warnings: Problem[] } {
  const rules =
    config !== null && "senders" in config
      ? [
          senderRule([...config.senders.keys()], configFile),
          callbackRule(callbackNames(config, false), configFile),
          hookRule(callbackNames(config, false), configFile),
          commitStatusRule(callbackNames(config, true), configFile),
          notificationRule([...config.notifications.keys()], configFile),
        ]
      : [];
  const read = readRecipes(place, [...rules, ...further]);
  const problems = "problems" in read ? read.problems : [];
  const others = config !== null && "problems" in config ? config.problems : [];
  return {
    recipes: "recipes" in read ? read.recipes : new Map<string, Recipe>(),
    problems: [...problems, ...others],
    warnings: read.warnings,
  };
}

/**
 * A run asks the host's hooks, and waits for one that is unknown there until it fails.
 * @returns no rule if regild.yml is absent, unreadable or wrong here: the host goes by what it has read itself.
 */
export function rulesOfHooks(configFile: string): Rule[] {
  try {
    return [hookRule(callbackNames(goodSettings(configFile), false), configFile)];
  } catch {
    return [];
  }
}

function callbackNames({ callbacks }: Settings, ofGitHosts: boolean): string[] {
  const found = [...callbacks].filter(([, target]) => isAtCommits(target) === ofGitHosts);
  return found.map(([name]) => name);
}

/** @throws CommandError with every problem of the recipes, senders and chat workspaces. */
export function goodRecipesAndSettings(app: RecipesPlace & Pick<App, "configFile" | "now">): {
  recipes: Map<string, Recipe>;
  settings: Settings;
  warnings: Problem[];
} {
  const { configFile } = app;
  const config = readConfig(configFile) ?? NO_SETTINGS;
  const further = [dayFieldsRule(app.now()), ...UNUSED_VALUE_RULES];
  const { recipes, problems, warnings } = readWithConfig(app, config, configFile, further);
  if ("senders" in config && problems.length === 0) return { recipes, settings: config, warnings };
  const files = new Set(problems.map(({ file }) => file));
  throw usageError(
    problemsSentence(problems, app.recipesFile),
    `Correct ${[...files].join(" and ")}`,
    formatProblems(problems),
  );
}

/**
 * @param example of the part that is needed.
 * @throws CommandError with every problem of regild.yml, or where there is no such file.
 */
export function goodSettings(file: string, example = EXAMPLE): Settings {
  const config = readConfig(file);
  if (config === null) {
    throw usageError(
      `There is no ${file}`,
      `Write it, ${example}, or name another one: --config FILE`,
    );
  }
  if ("senders" in config) return config;
  const { problems } = config;
  throw usageError(problemsSentence(problems, null), `Correct ${file}`, formatProblems(problems));
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(
      `${file} cannot be read: ${reason}`,
      "Let this user read it, or name another one: --config FILE",
    );
  }
}
