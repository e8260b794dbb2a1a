import { createHash } from "node:crypto";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Outcome, Run } from "./record.ts";

/** The code of a run whose upload the image service has probably refused for its content. */
export const CONTENT_REFUSED = "content-refused";

/** The first upload and one repeat: whole disks are not sent every night only to be refused. */
const RUNS_UNTIL_HELD = 2;

/** What an ended run leaves in the recipe's state. Other failures say nothing about the content: the count stays. */
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
 * Whether the schedule must not start this recipe: its last uploads were refused for their content, and the recipe has
 * not changed since. Commands and webhooks start it all the same; a run that succeeds ends the hold.
 * @returns the run that was refused last; null: the schedule may start it.
 */
export function heldSince(recipeState: RecipeState | null, recipe: Recipe): string | null {
  const refused = recipeState?.refusedContent ?? null;
  if (refused === null || refused.runs < RUNS_UNTIL_HELD) return null;
  return refused.recipeDigest === digestOf(recipe) ? refused.lastRun : null;
}

/** Independent of the order of keys, which a store may change. */
function digestOf(recipe: Recipe): string {
  return createHash("sha256").update(JSON.stringify(recipe, sortKeys)).digest("hex").slice(0, 16);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
