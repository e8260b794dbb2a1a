import * as z from "zod/mini";
import { pauseAt } from "../../shared/image/pause.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { nextStart } from "../../shared/recipe/jitter.ts";
import { listSchema, time, timeOf, timeOrNull } from "./document.ts";

export const pauseSchema = z.strictObject({
  /** `everything`: nothing starts by itself, and no old image is deleted. `schedule`: after failures. */
  scope: z.enum(["everything", "schedule"]),
  /** A person, or `regild` after failures. */
  by: z.string(),
  reason: z.nullable(z.string()),
  at: time,
  /** Null: until somebody resumes it. */
  until: z.nullable(time),
});
export type PauseView = z.infer<typeof pauseSchema>;

const pausedRecipeSchema = z.strictObject({
  recipe: z.string(),
  /** Null: it is not paused. */
  paused: z.nullable(pauseSchema),
  /** The answer of `resume`: it was paused before. */
  was_paused: z.boolean(),
  /** The run at work, which goes on. */
  run_under_way: z.nullable(z.string()),
  next_start_at: z.nullable(time),
});
export type PausedRecipeView = z.infer<typeof pausedRecipeSchema>;

export const pauseDocument = z.extend(listSchema, { recipes: z.array(pausedRecipeSchema) });

export function viewPause(recipeState: RecipeState | null, nowMs: number): PauseView | null {
  const pause = recipeState === null ? null : pauseAt(recipeState, nowMs);
  if (pause === null) return null;
  const { scope, by, reason, atMs, untilMs } = pause;
  return { scope, by, reason, at: timeOf(atMs), until: timeOrNull(untilMs) };
}

export function viewPausedRecipe(
  recipe: string,
  recipeState: RecipeState | null,
  is: { wasPaused: boolean; known: Recipe | undefined; nowMs: number },
): PausedRecipeView {
  const paused = viewPause(recipeState, is.nowMs);
  const fromMs = paused?.until == null ? is.nowMs : Date.parse(paused.until);
  const isOpen = paused !== null && paused.until === null;
  const scheduled = isOpen ? undefined : is.known;
  return {
    recipe,
    paused,
    was_paused: is.wasPaused,
    run_under_way: recipeState?.activeRun ?? null,
    next_start_at: scheduled === undefined ? null : timeOrNull(nextStart(scheduled, fromMs)),
  };
}
