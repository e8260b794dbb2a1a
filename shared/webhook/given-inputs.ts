import type { Recipe } from "../recipe/recipe.ts";
import { evaluateWhen } from "../recipe/when.ts";

/** What a payload says of a recipe's inputs, by name; what it does not say, or cannot, is left out. */
export function givenInputs({ inputs }: Recipe, payload: object): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, { from }] of Object.entries(inputs)) {
    if (from === null) continue;
    const found = evaluateWhen(from, payload);
    if ("value" in found) given[name] = found.value;
  }
  return given;
}
