import { beyondKeep, mayGoAtMs, sameSource } from "../image/retention.ts";
import { imageOf } from "../image/inventory.ts";
import { pinText } from "../image/pin.ts";
import type { BackingResource, InventoryImage, RecipeState } from "../image/recipe-state.ts";

/** Why an image stays that the rules of a clean-up do not even look at. */
export function whyImageStays(recipeState: RecipeState, image: InventoryImage): string {
  const { recipeName, activeRun, current, rules } = recipeState;
  if (image.run === activeRun) return `run ${activeRun} is at work with it`;
  if (image.state === "current") return `the current image of ${recipeName}`;
  if (image.pinned !== null) return pinText(image.pinned);
  if (image.state !== "retired" || rules === null) return "it was not promoted yet";
  if (!sameSource(image.where, imageOf(recipeState, current ?? "")?.where))
    return "of an earlier source, so it is left alone";
  if (!beyondKeep(recipeState, rules.keep).some(({ id }) => id === image.id))
    return rules.keep === 1
      ? `the one image that ${recipeName} keeps`
      : `one of the ${rules.keep} images that ${recipeName} keeps`;
  return `cooling off, or newer than newer_than, until ${minuteOf(mayGoAtMs(image, rules))}`;
}

/** Why a resource stays that is not marked for deletion. */
export function whyResourceStays(recipeState: RecipeState, resource: BackingResource): string {
  const { imageId, run } = resource;
  if (imageId !== null) return `image ${imageId} needs it`;
  if (run === recipeState.activeRun) return `run ${run} is at work with it`;
  return `run ${run} has made it`;
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
