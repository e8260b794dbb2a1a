import { isDeepStrictEqual } from "node:util";
import type { Store } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { timeOf } from "../view/document.ts";
import { runsOfRecipe } from "../view/read.ts";
import { clock } from "./text/format.ts";

/** So many runs are looked through. */
const MAX_LOOKED_AT = 50;

/**
 * What a run is to do stands in its record, as of its start: one that is started here goes by the recipes here, one that
 * the schedule or a webhook starts by those that were deployed. The newest of the latter shows whether they were the same.
 * @returns what to tell about it; null: nothing.
 */
export async function deployedDiffers(
  store: Store,
  recipe: Recipe,
  file: string,
  nowMs: number,
): Promise<string | null> {
  // Each run's copy has the values that it was started with.
  if (Object.keys(recipe.inputs).length > 0) return null;
  let looked = 0;
  for await (const { run } of runsOfRecipe(store, recipe.name)) {
    if (run.trigger.kind !== "command") {
      if (isDeepStrictEqual(run.recipe, recipe)) return null;
      const at = clock(timeOf(run.startedAtMs), nowMs);
      return `! This run goes by ${file}. The last one by ${run.trigger.kind} (${at}) went by another ${recipe.name}: if that was not deployed since, npm run deploy`;
    }
    if ((looked += 1) === MAX_LOOKED_AT) break;
  }
  return null;
}
