import { readFileSync } from "node:fs";
import type { Rule } from "../../shared/recipe/rule.ts";
import { closest } from "../../shared/recipe/did-you-mean.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { formatProblems, type Problem } from "../../shared/recipe/problem.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { App } from "./app.ts";
import { usageError } from "./command-error.ts";
import { counted } from "./text/format.ts";

/** The recipe file, and the cloud of recipes that name none. */
export type RecipesPlace = Pick<App, "recipesFile" | "cloudDefault">;

export function readRecipes(
  { recipesFile: file, cloudDefault }: RecipesPlace,
  further: readonly Rule[] = [],
): ReturnType<typeof loadRecipes> {
  return loadRecipes(readFile(file), file, further, cloudDefault);
}

/** @throws CommandError with every problem of every recipe. */
export function goodRecipes(
  place: RecipesPlace,
  further: readonly Rule[] = [],
): Map<string, Recipe> {
  const read = readRecipes(place, further);
  if ("recipes" in read) return read.recipes;
  throw usageError(
    problemsSentence(read.problems, place.recipesFile),
    `Correct ${place.recipesFile}`,
    formatProblems(read.problems),
  );
}

/** For commands that can do without: a run is known by its id whatever the file says now. */
export function recipesOrNone(place: RecipesPlace): Map<string, Recipe> {
  try {
    return goodRecipes(place);
  } catch {
    return new Map();
  }
}

export function recipeNamed(recipes: ReadonlyMap<string, Recipe>, name: string): Recipe {
  const recipe = recipes.get(name);
  if (recipe !== undefined) return recipe;
  const meant = closest(name, [...recipes.keys()]);
  const known = [...recipes.keys()].join(", ") || "none";
  throw usageError(
    `No recipe is named ${name}`,
    meant === null ? `The recipes are: ${known}` : `Did you mean ${meant}?`,
  );
}

/** `5 problems in 3 recipes`. @param recipesFile Null: none of the problems is in it. */
export function problemsSentence(problems: readonly Problem[], recipesFile: string | null): string {
  const inRecipes = problems.filter(({ file }) => file === recipesFile);
  const names = new Set(inRecipes.map(({ path }) => path.split(/[.[]/)[0] ?? ""));
  for (const other of ["", "defaults", "recipes"]) names.delete(other);
  const recipes = names.size === 0 ? "" : ` in ${counted(names.size, "recipe")}`;
  return `${counted(problems.length, "problem")}${recipes}. Nothing was started`;
}

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(
      `The recipes cannot be read: ${reason}`,
      "regild init writes the file for you. Or write it, at least recipes: { web: { cloud: mycloud, server: web-golden } } (recipes.example.yml, which comes with Regild, shows more), or name another one: --recipes FILE. regild config shows where it is looked for",
    );
  }
}
