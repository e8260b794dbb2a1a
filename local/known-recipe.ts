import type { CleanUpPlan } from "../shared/commands/clean-up/make-plan.ts";
import { NotFound } from "./view/find-run.ts";

/** @param known names in recipes.yml. @throws NotFound: neither recipes.yml nor a record says where the images of the recipe are. */
export function needKnownRecipe(
  { recipe, worlds }: Pick<CleanUpPlan, "recipe" | "worlds">,
  known: readonly string[],
): void {
  if (recipe === null || worlds.length > 0) return;
  throw new NotFound(
    `No recipe is named ${recipe}, and no image of one is known`,
    `The recipes are: ${known.join(", ") || "none"}`,
  );
}
