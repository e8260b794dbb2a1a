import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { recipeStateOf, type Records } from "./read.ts";

/**
 * The same records for somebody who may see some recipes only. Of the others nothing is read, listed or counted.
 * @param only names of the recipes that they see. Null: all.
 */
export function recordsSeenBy(only: readonly string[] | null, all: Records): Records {
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
