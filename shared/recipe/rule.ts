import type { MergedFields } from "./complete.ts";
import type { Path } from "./problem.ts";
import type { RecipeFields } from "./schema.ts";

/** What a recipe says in two places that do not go together, or nowhere. */
export interface Rule {
  /** Fields that the rule reads. Skipped while one of them is invalid on its own. The problem is reported at the first one present. */
  fields: readonly Path[];
  /** @param own what the recipe says itself, not `defaults`. */
  problemIn(merged: MergedFields, own: RecipeFields, recipeName: string): string | null;
  /** The file is good, but may not mean what its author thinks. */
  isWarning?: true;
}
