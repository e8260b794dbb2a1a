import type { ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { changeImage } from "./change-image.ts";
import { imageOf } from "./inventory.ts";
import { currentTag, missing, stateMarks } from "./marks.ts";
import type { ImageZone, InventoryImage, RecipeState } from "./recipe-state.ts";
import { serviceOfZone } from "./region-copy.ts";
import { retryAfterMs } from "./zone-retry.ts";

/** A copy by IMS, by the record of its image. */
interface Place {
  entry: InventoryImage;
  zone: ImageZone;
  imageId: string;
}

interface Copy extends Place {
  service: ImageService;
}

/**
 * Sets the tags of copies by IMS: they have ids of their own, so consumers of the other region find them by the tag. In
 * each region the copy of the current image comes first, so that consumers always find one. A copy is known by its own
 * record, so that a recipe may rename its zones, move or drop them. May be repeated.
 * @returns milliseconds until the next try. Null: every region shows what the record says.
 */
export async function projectRegionCopies(
  ctx: Ctx,
  recipeState: RecipeState,
): Promise<number | null> {
  let againMs: number | null = null;
  /** @returns false: a region did not answer. */
  const unlessFailed = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      againMs = Math.min(againMs ?? Infinity, retryAfterMs(error));
      return false;
    }
  };
  const copies: Copy[] = [];
  const find = async (place: Place): Promise<void> => {
    const service = await serviceOfZone(ctx, place.zone);
    if (service !== undefined) copies.push({ ...place, service });
  };
  const places = placesOf(recipeState);
  // Where the copy of the current image is not known to be shown, no other one loses the tag.
  for (const place of places.filter(isCurrent))
    if (!(await unlessFailed(() => find(place)))) return againMs;
  for (const place of places.filter((one) => !isCurrent(one)))
    await unlessFailed(() => find(place));
  for (const region of Map.groupBy(copies, ({ service }) => service.url).values())
    await unlessFailed(() => projectRegion(ctx, recipeState, region));
  return againMs;
}

function isCurrent({ entry }: Place): boolean {
  return entry.state === "current";
}

/** Of a current image whose copy there is gone, the one before stays shown. */
async function projectRegion(ctx: Ctx, recipeState: RecipeState, copies: Copy[]): Promise<void> {
  for (const copy of copies.filter(isCurrent)) if (!(await show(ctx, recipeState, copy))) return;
  for (const copy of copies.filter((one) => !isCurrent(one))) await show(ctx, recipeState, copy);
}

function placesOf({ images }: RecipeState): Place[] {
  return images
    .filter(({ state }) => state === "current" || state === "retired")
    .flatMap((entry) => entry.zones.flatMap((zone) => placeOf(entry, zone)));
}

function placeOf(entry: InventoryImage, zone: ImageZone): Place[] {
  const { imageId } = zone;
  return imageId === undefined ? [] : [{ entry, zone, imageId }];
}

/** @returns true if the copy exists and shows the state of its image now. */
async function show(
  ctx: Ctx,
  recipeState: RecipeState,
  { entry, imageId, service: { images } }: Copy,
): Promise<boolean> {
  const copy = await images.image(imageId);
  if (copy === null) return false;
  const lacking = missing(copy, stateMarks(recipeState, entry));
  if (lacking === null) return true;
  // A rollback may have made the image current since the record was read.
  if (imageOf(await ctx.recipeState(), entry.id)?.state !== entry.state) return false;
  await changeImage(images, copy, lacking.change);
  for (const tag of lacking.addTags) await images.addTag(copy.id, tag);
  for (const tag of lacking.removeTags) await images.removeTag(copy.id, tag);
  return true;
}

/** False if a copy by IMS of this image lacks a tag or property. One that cannot be asked for lacks none. */
export async function areRegionCopiesShown(
  ctx: Ctx,
  recipeState: RecipeState,
  entry: InventoryImage,
): Promise<boolean> {
  for (const { zone, imageId } of entry.zones.flatMap((one) => placeOf(entry, one))) {
    try {
      const copy = (await (await serviceOfZone(ctx, zone))?.images.image(imageId)) ?? null;
      if (copy !== null && missing(copy, stateMarks(recipeState, entry)) !== null) return false;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
    }
  }
  return true;
}

/** Whether an image service shows the copy by IMS of this image as current. Null: the image has none there. */
export async function isRegionCopyShown(
  ctx: Ctx,
  recipeName: string,
  entry: InventoryImage,
  serviceUrl: string,
): Promise<boolean | null> {
  for (const { zone, imageId } of entry.zones.flatMap((one) => placeOf(entry, one))) {
    const service = await serviceOfZone(ctx, zone);
    if (service === undefined || service.url !== serviceUrl) continue;
    const copy = await service.images.image(imageId);
    return copy?.tags.includes(currentTag(recipeName)) === true;
  }
  return null;
}
