import { createHash } from "node:crypto";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { sortedJson } from "../sorted-json.ts";
import type { Outcome, Run } from "./record.ts";

/** Failure code of a run whose image the image service probably refused because of its content. */
export const CONTENT_REFUSED = "content-refused";

/** The first upload and one repeat. More would send whole disks every night only to be refused. */
const RUNS_UNTIL_HELD = 2;

/**
 * Counts refused uploads in the recipe's state. Other failures do not change the count, because they say nothing
 * about the content.
 */
export function countRefusedContent(
  before: RecipeState["refusedContent"],
  run: Pick<Run, "id" | "recipe" | "failure">,
  outcome: Outcome,
): RecipeState["refusedContent"] {
  if (outcome === "succeeded") return null;
  if (outcome !== "failed" || run.failure?.code !== CONTENT_REFUSED) return before;
  const recipeDigest = digestOf(run.recipe);
  const earlier = before?.recipeDigest === recipeDigest ? before.runs : 0;
  return { recipeDigest, runs: earlier + 1, lastRun: run.id };
}

/**
 * Holds the schedule if the recipe's last uploads were refused because of their content and the recipe has not changed
 * since. Commands and webhooks still start runs. A successful run ends the hold.
 * @returns the id of the last refused run. Null: the schedule may start the recipe.
 */
export function heldSince(recipeState: RecipeState | null, recipe: Recipe): string | null {
  const refused = recipeState?.refusedContent ?? null;
  if (refused === null || refused.runs < RUNS_UNTIL_HELD) return null;
  return refused.recipeDigest === digestOf(recipe) ? refused.lastRun : null;
}

function digestOf(recipe: Recipe): string {
  return createHash("sha256").update(sortedJson(recipe)).digest("hex").slice(0, 16);
}
