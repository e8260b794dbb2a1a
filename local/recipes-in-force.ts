import * as z from "zod/mini";
import type { Ids, Key, Store } from "../shared/ports.ts";
import { commit, load, unborn } from "../shared/protocol/actor.ts";
import { type Recipe, recipeSchema } from "../shared/recipe/recipe.ts";

const KEY: Key = { pk: "K#host", sk: "recipes" };

/** Which recipes the host uses, and why it does not use those in the file. */
const recipesInForceSchema = z.object({
  schema: z.literal(1),
  file: z.string(),
  loadedAtMs: z.int(),
  /** While the host does not use those in the file. */
  recipes: z.array(recipeSchema),
  /** Null: the host uses the file. */
  refused: z.nullable(
    z.object({ atMs: z.int(), message: z.string(), problems: z.array(z.string()) }),
  ),
});
export type RecipesInForce = z.infer<typeof recipesInForceSchema>;

export async function saveRecipesInForce(
  on: { store: Store; ids: Ids },
  is: Omit<RecipesInForce, "schema" | "recipes"> & { recipes: Iterable<Recipe> },
): Promise<void> {
  const doc = { ...is, schema: 1 as const, recipes: [...is.recipes] };
  // What was there is not read: of ten thousand recipes that takes a second, and stays in memory.
  const version = (await on.store.get(KEY))?.version ?? 0;
  const won = await commit(on, { ...unborn(KEY, doc), version }, doc, { sweepAtMs: null });
  if (won === null) throw new Error("another process has written them");
}

/** @returns null: no host has written this into the store. */
export async function recipesInForce(store: Store): Promise<RecipesInForce | null> {
  return (await load(store, KEY, recipesInForceSchema))?.doc ?? null;
}
