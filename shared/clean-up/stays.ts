import { beyondKeep, isOfSource, leftAtMs, mayGoAtMs } from "../image/retention.ts";
import { pinText } from "../image/pin.ts";
import type { BackingResource, InventoryImage, RecipeState } from "../image/recipe-state.ts";

/** Why an image stays that the rules of a clean-up do not even look at. */
export function whyImageStays(recipeState: RecipeState, image: InventoryImage): string {
  const { recipeName, activeRun, current, rules } = recipeState;
  if (image.run === activeRun) return `run ${activeRun} is at work with it`;
  if (image.state === "current") return `the current image of ${recipeName}`;
  if (image.pinned !== null) return pinText(image.pinned);
  if (image.state !== "retired" || rules === null) return "it was not promoted yet";
  if (!isOfSource(recipeState, image))
    return current === null
      ? "no image is current, and this one could become current again"
      : "of an earlier source, so it is left alone";
  if (!beyondKeep(recipeState, rules.keep).some(({ id }) => id === image.id))
    return rules.keep === 1
      ? `the one image that ${recipeName} keeps`
      : `one of the ${rules.keep} images that ${recipeName} keeps`;
  const goesAtMs = mayGoAtMs(image, rules);
  const isCooling = goesAtMs === leftAtMs(image) + rules.coolingOffMs;
  return `${isCooling ? "cooling off" : "newer than newer_than allows"} until ${minuteOf(goesAtMs)}`;
}

/** Why a resource stays that is not marked for deletion. */
export function whyResourceStays(recipeState: RecipeState, resource: BackingResource): string {
  const { imageId, run, disk } = resource;
  if (disk !== null) return `goes with image ${imageId ?? ""}`;
  if (imageId !== null) return `image ${imageId} needs it`;
  if (run === recipeState.activeRun) return `run ${run} is at work with it`;
  return `run ${run} has made it`;
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
