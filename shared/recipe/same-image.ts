import { haveSameInputs } from "./inputs.ts";
import { sortedJson } from "../sorted-json.ts";
import type { Recipe } from "./recipe.ts";

/** True if both make the same image of the same source. Neither says when, or what becomes of the image later. */
export function makeSameImage(one: Recipe, other: Recipe): boolean {
  return haveSameInputs(one, other) && partOf(one) === partOf(other);
}

function partOf({ cloud, region, source, capture, image, prepare, zones }: Recipe): string {
  return sortedJson([cloud, region, source, capture, image, prepare, zones]);
}
