import type { Image, ImageChange, ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Zone } from "../recipe/recipe.ts";
import { imageOf } from "./inventory.ts";
import { type Marks, missing, stateMarks } from "./marks.ts";
import { isRegionCopyShown } from "./region-copy-projection.ts";
import type { ReadImage } from "./read-image.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";
import { retryAfterMs } from "./zone-retry.ts";
import { isSamePlace, zoneServices } from "./zones.ts";

/**
 * Shows in other image services which of Regild's copies is current. A copy is private and hidden until its image has become
 * current. Earlier copies are hidden once the current one is shown there. Copies get no tags. May be repeated.
 * @param read reads an image where it was made.
 * @returns milliseconds until the next try. Null: the zones show what the record says.
 */
export async function projectCopies(
  ctx: Ctx,
  recipeState: RecipeState,
  read: ReadImage,
): Promise<number | null> {
  const counted = recipeState.images.filter((i) => i.state === "current" || i.state === "retired");
  let againMs: number | null = null;
  for (const zone of zonesOf(counted)) {
    try {
      const [, service] = await zoneServices(ctx, [zone]);
      if (service !== undefined)
        await projectZone({ ctx, recipeState, read, service }, counted.filter(isCopiedTo(zone)));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      againMs = Math.min(againMs ?? Infinity, retryAfterMs(error));
    }
  }
  return againMs;
}

interface Projecting {
  ctx: Ctx;
  recipeState: RecipeState;
  read: ReadImage;
  service: ImageService;
}

/** The current image first, so that consumers always find one. */
async function projectZone(by: Projecting, entries: InventoryImage[]): Promise<void> {
  const { current } = by.recipeState;
  const entry = entries.find(({ state }) => state === "current");
  if (current !== null && !(await (entry === undefined ? isByIms(by) : show(by, entry)))) return;
  for (const retired of entries.filter(({ state }) => state === "retired")) await show(by, retired);
}

/** True if the zone shows a copy by IMS of the current image, which has taken the place of such copies. */
async function isByIms({ ctx, recipeState, service }: Projecting): Promise<boolean> {
  const current = imageOf(recipeState, recipeState.current ?? "");
  const { recipeName } = recipeState;
  return (
    current !== undefined &&
    (await isRegionCopyShown(ctx, recipeName, current, service.url)) === true
  );
}

/** @returns true if the copy exists and shows its state now. */
async function show(by: Projecting, entry: InventoryImage): Promise<boolean> {
  const { images } = by.service;
  const copy = await images.image(entry.id);
  if (copy === null) return false;
  const { change } = stateMarks(by.recipeState, entry);
  // An earlier image may be gone, where somebody has deleted it. Its copy is hidden all the same.
  const isHidden = change.hidden === true;
  const made = isHidden ? null : await by.read(entry.id);
  if (made === null && !isHidden) return false;
  const marks = missing(copy, copyMarks(change, made));
  if (marks === null) return true;
  // A rollback may have made the image current since the record was read.
  if (imageOf(await by.ctx.recipeState(), entry.id)?.state !== entry.state) return false;
  await images.change(copy, marks.change);
  return true;
}

/**
 * Name and visibility are those of the image where it was made.
 * @param made null: not asked for, as of a copy that is hidden.
 */
function copyMarks(change: ImageChange, made: Image | null): Marks {
  const noTags = { addTags: [], removeTags: [] };
  if (made === null) return { ...noTags, change };
  const { name, visibility } = made;
  const properties = { ...change.properties, ...overwritten(made.properties) };
  return { ...noTags, change: { ...change, name, visibility, properties } };
}

/**
 * What glance-download overwrites: the fetch copies these from the image, which has the recipe's own only since its
 * promotion (glance/async_/flows/api_image_import.py, glance_download_properties; seen on Zed).
 */
const FETCHED = ["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"];

function overwritten(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).filter(([key]) => FETCHED.some((prefix) => key.startsWith(prefix))),
  );
}

function zonesOf(entries: InventoryImage[]): Zone[] {
  const zones = entries.flatMap((entry) =>
    entry.zones.filter(
      ({ distribute, store, agencyName }) =>
        distribute && store === null && agencyName === undefined,
    ),
  );
  return zones.filter((zone, n) => zones.findIndex((other) => isSamePlace(zone, other)) === n);
}

function isCopiedTo(zone: Zone): (entry: InventoryImage) => boolean {
  return ({ zones }) =>
    zones.some(
      (other) => other.distribute && other.agencyName === undefined && isSamePlace(zone, other),
    );
}
