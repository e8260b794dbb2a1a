import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";
import type { openInstallation as OpenInstallation } from "../../local/installation.ts";
import type { start as Start } from "../../shared/protocol/start.ts";
import type { loadRecipes as LoadRecipes } from "../../shared/recipe/load.ts";

/** Starts that are asked for at once share their commits. */
const AT_ONCE = 100;

/** `node start-runs.ts CHECKOUT FOLDER`: a run of every recipe of FOLDER, by the code of that checkout. */
const [checkout = "", folder = ""] = process.argv.slice(2);
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
