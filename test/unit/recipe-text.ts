import type { Rule } from "../../shared/recipe/rule.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { formatProblems } from "../../shared/recipe/problem.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** The one recipe of a file, `web`, with these lines in it; throws with the problems where there are some. */
export function theRecipe(lines = "", head = ""): Recipe {
  const loaded = loadRecipes(recipeText(lines, head), "recipes.yml");
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems).join("\n"));
  const recipe = loaded.recipes.get("web");
  if (recipe === undefined) throw new Error("no recipe web");
  return recipe;
}

/** `cloud` on line 3, `server` on line 4, the given lines from line 5 on (without a recipe state). */
export function recipeText(lines: string, head = ""): string {
  const source = /^ *(server|volume):/m.test(lines + head) ? "" : "    server: web-golden\n";
  const indented = lines === "" ? "" : `${lines.replaceAll(/^/gm, "    ")}\n`;
  return `${head}recipes:\n  web:\n    cloud: mycloud\n${source}${indented}`;
}

/** The problems of a file as `line:column path: message`; none: an empty list. */
export function problemsOf(text: string, further: readonly Rule[] = []): string[] {
  const loaded = loadRecipes(text, "recipes.yml", further);
  if (!("problems" in loaded)) return [];
  return loaded.problems.map(
    ({ line, column, path, message }) =>
      `${line}:${column} ${path === "" ? "" : `${path}: `}${message}`,
  );
}
