import { haveSameInputs } from "./inputs.ts";
import type { Recipe } from "./recipe.ts";

/** True if both make the same image of the same source. Neither says when, or what becomes of the image later. */
export function makeSameImage(one: Recipe, other: Recipe): boolean {
  return haveSameInputs(one, other) && partOf(one) === partOf(other);
}

function partOf({ cloud, region, source, capture, image, prepare, zones }: Recipe): string {
  return JSON.stringify([cloud, region, source, capture, image, prepare, zones], sortKeys);
}

/** A store may change the order of keys. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
