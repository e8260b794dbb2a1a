import type { Asker } from "../../shared/access/may.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { recipeStateOf, type Records } from "./read.ts";

/** The same records for somebody who may see some recipes only. Of the others nothing is read, listed or counted. */
export function recordsSeenBy({ recipes: only }: Pick<Asker, "recipes">, all: Records): Records {
  if (only === null) return all;
  const recipes = new Map([...all.recipes].filter(([name]) => only.includes(name)));
  return { ...all, recipes, only };
}

export function sees({ only }: Pick<Records, "only">, recipeName: string): boolean {
  return only?.includes(recipeName) ?? true;
}

/** @returns null: the recipe has never run, or is not to be seen. */
export async function stateSeen(records: Records, recipeName: string): Promise<RecipeState | null> {
  return sees(records, recipeName) ? recipeStateOf(records.store, recipeName) : null;
}
