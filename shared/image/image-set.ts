import type { BackingResource, InventoryImage, RecipeState } from "./recipe-state.ts";

/** The image of a further data disk, as the inventory has it. */
export interface DiskImageEntry {
  id: string;
  name: string;
  device: string;
}

/** The images of further data disks that go with an image. Empty: it is an image of its own. */
export function diskImagesOf(
  { resources }: Pick<RecipeState, "resources">,
  imageId: string,
): DiskImageEntry[] {
  return resources.flatMap((resource) => {
    const entry = isOf(resource, imageId) ? entryOf(resource) : null;
    return entry === null ? [] : [entry];
  });
}

function isOf({ kind, imageId, state }: BackingResource, id: string): boolean {
  return kind === "image" && imageId === id && state !== "gone";
}

function entryOf({ id, disk }: BackingResource): DiskImageEntry | null {
  return disk === null ? null : { id, ...disk };
}

/**
 * True if the inventory has the image, be it by itself, with another one, or as a copy by IMS. A copy whose image is gone
 * goes with nothing any more.
 */
export function isKnownImage({ images, resources }: RecipeState, id: string): boolean {
  return (
    images.some((image) => image.id === id || isCopyOf(image, id)) ||
    resources.some((resource) => resource.kind === "image" && resource.id === id)
  );
}

function isCopyOf({ state, zones }: InventoryImage, id: string): boolean {
  return state !== "gone" && zones.some(({ imageId }) => imageId === id);
}

/** The whole set, in the order of its disks. Empty: the image is an image of its own. */
export function setOf(
  recipeState: Pick<RecipeState, "resources">,
  { id, name, device }: Pick<InventoryImage, "id" | "name" | "device">,
): DiskImageEntry[] {
  return device === null ? [] : [{ id, name, device }, ...diskImagesOf(recipeState, id)];
}

export const DISK_PROPERTY = "regild_disk";
export const SET_PROPERTY = "regild_set";

/** By these, whoever uses one image of a set finds the others: the id of the first image, and the disk. */
export function setProperties(firstId: string, device: string): Record<string, string> {
  return { [SET_PROPERTY]: firstId, [DISK_PROPERTY]: device };
}
