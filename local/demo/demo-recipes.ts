import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** `keep: 1` and no cooling-off: the second refresh deletes what the first one made. */
const RECIPES = `
defaults: { cloud: demo, keep: 1, cooling_off: 0s }
recipes:
  web:
    server: web-golden
    prepare: { stop_server: true }
  db:
    server: db-golden
  data:
    volume: data-golden
`;

export function demoRecipes(): ReadonlyMap<string, Recipe> {
  const loaded = loadRecipes(RECIPES, "demo recipes");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  return loaded.recipes;
}
