import * as z from "zod/mini";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { imageOf } from "../../shared/image/inventory.ts";
import type { Assessed } from "../../shared/protocol/overdue.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { time, timeOrNull } from "./document.ts";

export const freshnessSchema = z.strictObject({
  /** `overdue`: a start of the schedule had its time, and no image has become current since. */
  state: z.enum(["ok", "overdue", "no_schedule", "no_image"]),
  /** The first start that came to nothing; null: the recipe is not overdue. */
  missed_start: z.nullable(time),
  /** When it becomes, or became, overdue unless an image is promoted. */
  overdue_at: z.nullable(time),
});
export type Freshness = z.infer<typeof freshnessSchema>;

export function freshness(
  recipe: Recipe,
  recipeState: RecipeState | null,
  { overdue, overdueAtMs }: Pick<Assessed, "overdue" | "overdueAtMs">,
): Freshness {
  const current =
    recipeState === null ? undefined : imageOf(recipeState, recipeState.current ?? "");
  const state =
    recipe.schedule.length === 0
      ? "no_schedule"
      : overdue !== null
        ? "overdue"
        : current === undefined
          ? "no_image"
          : "ok";
  return { state, missed_start: overdue?.due ?? null, overdue_at: timeOrNull(overdueAtMs) };
}
