import type { Recipe } from "../../shared/recipe/recipe.ts";
import { notFound } from "./find-run.ts";
import type { Records } from "./read.ts";

/** @throws NotFound */
export function recipeNamed(records: Records, name: string): Recipe {
  const recipe = records.recipes.get(name);
  if (recipe !== undefined) return recipe;
  throw notFound(records, name);
}
