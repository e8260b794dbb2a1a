import { completeRecipe, mergeFields } from "./complete.ts";
import { cloudRule, RULES } from "./contradictions.ts";
import { byPosition, pathText, type Path, type Problem } from "./problem.ts";
import { readFields, type Report } from "./read-fields.ts";
import type { Recipe } from "./recipe.ts";
import type { Rule } from "./rule.ts";
import { RECIPE_NAME } from "./schema.ts";
import { YamlFile } from "./yaml-file.ts";

const WRONG_NAME =
  "is not a recipe name. Write at most 40 of a-z, 0-9 and -, a letter or digit first";

/** The cloud of recipes that name none. */
export interface CloudDefault {
  /** Called only if a recipe names no cloud. @returns null: there is none. */
  name: () => string | null;
  /** For a recipe without a cloud while there is no default. */
  remedy: string;
}

const NO_DEFAULT: CloudDefault = {
  name: () => null,
  remedy: "Write cloud: and a name in clouds.yaml",
};

/**
 * Reads a recipe file: every recipe in it, or every problem of every recipe, in the order of the file.
 * @param file its name, for the problems.
 * @param further rules, of what is not in the file.
 */
export function loadRecipes(
  text: string,
  file: string,
  further: readonly Rule[] = [],
  cloudDefault = NO_DEFAULT,
): ({ recipes: Map<string, Recipe> } | { problems: Problem[] }) & { warnings: Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const reportTo =
    (list: Problem[]): Report =>
    ({ line, column }, path, message) => {
      // A recipe is known by its name alone.
      const known = path[0] === "recipes" && path.length > 1 ? path.slice(1) : path;
      list.push({ file, line, column, path: pathText(known), message });
    };
  const report = reportTo(problems);

  const yaml = new YamlFile(text);
  for (const { offset, path, message } of yaml.problems) report(yaml.place(offset), path, message);
  const recipes =
    yaml.data === undefined
      ? new Map<string, Recipe>()
      : recipesIn(
          yaml,
          report,
          reportTo(warnings),
          [cloudRule(cloudDefault.remedy), ...RULES, ...further],
          cloudDefault,
        );
  warnings.sort(byPosition);
  return problems.length === 0
    ? { recipes, warnings }
    : { problems: problems.toSorted(byPosition), warnings };
}

function recipesIn(
  yaml: YamlFile,
  report: Report,
  warn: Report,
  rules: readonly Rule[],
  cloudDefault: CloudDefault,
): Map<string, Recipe> {
  const recipes = new Map<string, Recipe>();
  const { fields, isBroken } = readFields(yaml, report);
  const defaults = fields.defaults ?? {};
  for (const [name, own] of Object.entries(fields.recipes)) {
    const recipePath = ["recipes", name];
    if (!RECIPE_NAME.test(name)) report(yaml.placeOfKey(recipePath), recipePath, WRONG_NAME);

    const cloud = own.cloud ?? defaults.cloud ?? cloudDefault.name();
    const merged = mergeFields(cloud === null ? own : { ...own, cloud }, defaults);
    for (const rule of rules) {
      const placesOf = () => rule.fields.map((field) => placeOfField(yaml, recipePath, field));
      if (isBroken !== null && placesOf().some(isBroken)) continue;
      const message = rule.problemIn(merged, own, name);
      if (message === null) continue;
      const places = placesOf();
      const culprit = places.findIndex((place) => yaml.has(place));
      (rule.isWarning ? warn : report)(
        yaml.placeOf(places[culprit] ?? places[0] ?? recipePath),
        [...recipePath, ...(rule.fields[culprit] ?? [])],
        message,
      );
    }

    const recipe = completeRecipe(name, merged);
    if (recipe !== null) recipes.set(name, recipe);
  }
  return recipes;
}

/** Where a field of a recipe is written, or would be: in the recipe, else in `defaults`. */
function placeOfField(yaml: YamlFile, recipePath: Path, field: Path): Path {
  const own = [...recipePath, ...field];
  const inherited = ["defaults", ...field];
  return !yaml.has(own) && yaml.has(inherited) ? inherited : own;
}
