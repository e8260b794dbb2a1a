import type { ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { changeImage } from "./change-image.ts";
import { imageOf } from "./inventory.ts";
import { missing, stateMarks } from "./marks.ts";
import type { ImageZone, InventoryImage, RecipeState } from "./recipe-state.ts";
import { serviceOfZone } from "./region-copy.ts";

/** Tries again later: the other region did not answer, or clouds.yaml does not have it any more. */
const SOON_MS = 60_000;
const LATER_MS = 15 * 60_000;

interface Copy {
  entry: InventoryImage;
  imageId: string;
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
  const copies: Copy[] = [];
  let againMs: number | null = null;
  const unlessFailed = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      againMs = Math.min(againMs ?? LATER_MS, error.kind === "refused" ? LATER_MS : SOON_MS);
    }
  };
  for (const { entry, zone, imageId } of placesOf(recipeState))
    await unlessFailed(async () => {
      const service = await serviceOfZone(ctx, zone);
      if (service !== undefined) copies.push({ entry, imageId, service });
    });
  for (const region of Map.groupBy(copies, ({ service }) => service.url).values())
    await unlessFailed(() => projectRegion(ctx, recipeState, region));
  return againMs;
}

/** Of a current image whose copy there is gone, the one before stays shown. */
async function projectRegion(ctx: Ctx, recipeState: RecipeState, copies: Copy[]): Promise<void> {
  const isCurrent = ({ entry }: Copy) => entry.state === "current";
  for (const copy of copies.filter(isCurrent)) if (!(await show(ctx, recipeState, copy))) return;
  for (const copy of copies.filter((one) => !isCurrent(one))) await show(ctx, recipeState, copy);
}

function placesOf({ images }: RecipeState) {
  return images
    .filter(({ state }) => state === "current" || state === "retired")
    .flatMap((entry) => entry.zones.flatMap((zone) => placeOf(entry, zone)));
}

function placeOf(entry: InventoryImage, zone: ImageZone) {
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
