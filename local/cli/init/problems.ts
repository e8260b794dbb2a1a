import { loadRecipes } from "../../../shared/recipe/load.ts";
import { RECIPE_NAME } from "../../../shared/recipe/schema.ts";

/** Each continues a sentence that begins with the answer; null: it is good. */

export function recipeNameProblem(name: string): string | null {
  return RECIPE_NAME.test(name)
    ? null
    : "is not a recipe name. Write at most 40 of a-z, 0-9 and -, a letter or digit first";
}

export function keepProblem(text: string): string | null {
  const isGood = /^\d{1,3}$/.test(text) && problemsOf(`keep: ${Number(text)}`).length === 0;
  return isGood ? null : "is not a number from 1 to 100";
}

function problemsOf(field: string): string[] {
  const read = loadRecipes(`recipes: { a: { cloud: a, server: a, ${field} } }`, "");
  return "problems" in read ? read.problems.map(({ message }) => message) : [];
}
