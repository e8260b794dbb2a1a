import { finding, type Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** A finding about one field of a recipe. */
export function recipeFinding(
  state: Finding["state"],
  recipe: Pick<Recipe, "name">,
  field: string,
  message: string,
  remedy: string | null = null,
): Finding {
  return { ...finding(state, "recipe", message, remedy), field: `${recipe.name}.${field}` };
}
