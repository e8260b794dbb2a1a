import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";
import type { openInstallation as OpenInstallation } from "../../local/installation.ts";
import type { start as Start } from "../../shared/protocol/start.ts";
import { emptyRecipeState, recipeStateKey } from "../../shared/image/recipe-state.ts";
import { commit, unborn } from "../../shared/protocol/actor.ts";
import type { loadRecipes as LoadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** One of so many recipes has no history, so that its upload is looked at. */
const WITHOUT_HISTORY = 100;
/** Starts that are asked for at once share their commits. */
const AT_ONCE = 100;

/**
 * `node start-runs.ts CHECKOUT FOLDER [with-history]`: a run of every recipe of FOLDER, by the code of that checkout. With a
 * history, 99 of 100 recipes have had three uploads of an hour.
 */
const [checkout = "", folder = "", history] = process.argv.slice(2);
const load = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join(checkout, path)).href);
const isFunction = (value: unknown): boolean => typeof value === "function";
const { openInstallation } = z
  .looseObject({ openInstallation: z.custom<typeof OpenInstallation>(isFunction) })
  .parse(await load("local/installation.ts"));
const { start } = z
  .looseObject({ start: z.custom<typeof Start>(isFunction) })
  .parse(await load("shared/protocol/start.ts"));
const { loadRecipes } = z
  .looseObject({ loadRecipes: z.custom<typeof LoadRecipes>(isFunction) })
  .parse(await load("shared/recipe/load.ts"));

const loaded = loadRecipes(readFileSync(join(folder, "recipes.yml"), "utf8"), "recipes.yml");
if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
const { backend, close } = await openInstallation({
  dataFile: join(folder, "regild.sqlite"),
  clouds: {
    open: () => {
      throw new Error("a start asks no cloud");
    },
  },
  recipes: loaded.recipes,
  log: console,
});
// Its name at 9ad847b.
const { home } = z.looseObject({ home: z.optional(z.string()) }).parse(backend);
const recipes = [...loaded.recipes.values()];
for (let at = 0; at < recipes.length; at += AT_ONCE) {
  if (history !== undefined) {
    const known = recipes.filter((_, nth) => nth % WITHOUT_HISTORY > 0);
    await Promise.all(known.slice(at, at + AT_ONCE).map(giveHistory));
  }
  await Promise.all(
    recipes.slice(at, at + AT_ONCE).map((recipe) =>
      start(backend, home ?? backend.installationId, recipe, {
        kind: "command",
        by: "bench",
        id: recipe.name,
      }),
    ),
  );
}
close();

/** Only of this checkout: the records of others differ. */
async function giveHistory({ name }: Recipe): Promise<void> {
  const state = {
    ...emptyRecipeState(name, backend.installationId),
    uploadSeconds: [3600, 3600, 3600],
  };
  await commit(backend, unborn(recipeStateKey(name), state), state, { sweepAtMs: null });
}
