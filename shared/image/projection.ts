import { CloudError } from "../openstack/errors.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { resolvableAtMs } from "../run/intent.ts";
import type { RecipeState, InventoryImage } from "./recipe-state.ts";
import { changeImage } from "./change-image.ts";
import { projectCopies } from "./copy-projection.ts";
import { projectRegionCopies } from "./region-copy-projection.ts";
import { diskImagesOf } from "./image-set.ts";
import { imageOf } from "./inventory.ts";
import { announceProtection, sendWithProtection, withChange } from "./protect.ts";
import { nextProtection } from "./protection.ts";
import { isShown } from "./shown.ts";
import { currentSinceMs } from "./pointer.ts";
import { anew, type ReadImage } from "./read-image.ts";
import { whoseElse } from "./whose.ts";
import { currentTag, type Marks, missing, stateMarks } from "./marks.ts";

interface Projecting {
  ctx: Ctx;
  read: ReadImage;
  recipeState: RecipeState;
}

/**
 * Sets the tags and visibility of the images, the new current image first, then the one shown before it. So consumers
 * always find one or two current images, never none. Older images that a stopped worker left shown are changed first, but
 * only if the previous image is seen to be shown. If one image cannot be changed now, the others still are.
 * @param read the last word on the tags needs a new answer: a worker that was paused may have changed them since.
 * @throws the first error, after everything else is done.
 */
export async function project(ctx: Ctx, read: ReadImage = anew(ctx)): Promise<void> {
  const recipeState = await ctx.recipeState();
  const retired = recipeState.images.filter((i) => i.state === "retired");
  const older = (await isSeen(ctx, recipeState))
    ? retired.filter(({ id }) => id !== recipeState.shown)
    : [];
  const by = { ctx, read, recipeState };
  const hindrances = await showAll(by, older);
  for (const entry of recipeState.images.filter((i) => i.state === "current")) {
    const isThere = await show(by, entry);
    const { current } = await ctx.changeRecipeState((now) =>
      isThere ? nowShown(now, entry, ctx) : putOff(now, entry, ctx),
    );
    // If another image was promoted meanwhile, its own worker shows it, and needs the one shown before to stay shown.
    if (!isThere || current !== entry.id) return;
  }
  hindrances.push(
    ...(await showAll(
      by,
      retired.filter((entry) => !older.includes(entry)),
    )),
  );
  const hindrance = hindrances[0];
  if (hindrance !== undefined) throw hindrance;
  const againsMs = [
    await projectRegionCopies(ctx, recipeState),
    await projectCopies(ctx, recipeState, read),
  ].filter((ms) => ms !== null);
  const againMs = againsMs.length === 0 ? null : Math.min(...againsMs);
  await ctx.changeRecipeState((now) => projected(now, recipeState.current, ctx, againMs));
}

/** Has the tags set again at once if this worker slept through a promotion and showed the previous image. */
function nowShown(recipeState: RecipeState, { id }: InventoryImage, ctx: Ctx): RecipeState {
  return {
    ...recipeState,
    shown: id,
    projectAtMs: recipeState.current === id ? recipeState.projectAtMs : ctx.now(),
  };
}

/** Tries again later: somebody deleted the current image, or one of several Glances does not show it yet. */
const MISSING_RETRY_MS = 15 * 60_000;

/**
 * While the new image cannot be found, earlier ones stay shown, so that consumers find an old image rather than none.
 */
function putOff(recipeState: RecipeState, { id }: InventoryImage, ctx: Ctx): RecipeState | null {
  return recipeState.current === id
    ? { ...recipeState, projectAtMs: ctx.now() + MISSING_RETRY_MS }
    : null;
}

/** True if consumers find the image that the inventory records as shown. Another worker may have hidden it just now. */
async function isSeen(ctx: Ctx, { shown, recipeName }: RecipeState): Promise<boolean> {
  const image = shown === null ? null : await anew(ctx)(shown);
  return image?.tags.includes(currentTag(recipeName)) === true;
}

/** @returns the errors. */
async function showAll(by: Projecting, entries: InventoryImage[]): Promise<CloudError[]> {
  const hindrances: CloudError[] = [];
  for (const entry of entries) {
    try {
      await show(by, entry);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      hindrances.push(error);
    }
  }
  return hindrances;
}

/**
 * The images of further data disks before a current image, and after any other: so the first image of a set is shown as
 * current only while the others are.
 * @returns true if the image, and each that goes with it, exists and shows its state now.
 */
async function show(by: Projecting, entry: InventoryImage): Promise<boolean> {
  const isCurrent = entry.state === "current";
  if (isCurrent && !(await showDiskImages(by, entry))) return false;
  const isShownNow = await showOne(by, entry);
  return isCurrent ? isShownNow : (await showDiskImages(by, entry)) && isShownNow;
}

/** @returns false: one of them is not there, so that a set is not shown as current, or its state has changed. */
async function showDiskImages(
  { ctx, read, recipeState }: Projecting,
  entry: InventoryImage,
): Promise<boolean> {
  const images: Image[] = [];
  const entries = diskImagesOf(recipeState, entry.id);
  for (const { id } of entries) {
    const image = await read(id);
    if (image !== null) images.push(image);
  }
  const isWhole = images.length === entries.length;
  if (!isWhole && entry.state === "current") return false;
  for (const image of images) {
    if (missing(image, stateMarks(recipeState, entry)) === null) continue;
    // As for the image itself: a rollback may have come in between.
    const fresh = await ctx.recipeState();
    const now = imageOf(fresh, entry.id);
    if (now?.state !== entry.state) return false;
    await mark(ctx, image, missing(image, stateMarks(fresh, now)));
  }
  return isWhole;
}

/** @returns true if the image exists and shows its state now. An adopted image that is somebody else's is left alone. */
async function showOne(
  { ctx, read, recipeState }: Projecting,
  entry: InventoryImage,
): Promise<boolean> {
  const image = await read(entry.id);
  if (image === null) return false;
  if (entry.adopted !== null && whoseElse(recipeState, entry, image) !== null) return false;
  const isProtectionDone = nextProtection(recipeState, entry, image, ctx.now()) === null;
  if (missing(image, stateMarks(recipeState, entry)) === null && isProtectionDone) return true;
  // Since the record was read, a rollback may have made the image current, or a person has pinned it.
  const { after: fresh, change } = isProtectionDone
    ? { after: await ctx.recipeState(), change: null }
    : await announceProtection(ctx, entry.id, (latest, is) =>
        is.state === entry.state ? nextProtection(latest, is, image, ctx.now()) : null,
      );
  const now = imageOf(fresh, entry.id);
  if (now?.state !== entry.state) return false;
  await mark(ctx, image, missing(image, withChange(stateMarks(fresh, now), change)));
  return true;
}

/** Checks the tags once more at a time when no worker that was paused across the promotion, or a pin, can still change them. */
function projected(
  recipeState: RecipeState,
  shown: string | null,
  ctx: Ctx,
  againMs: number | null,
): RecipeState | null {
  if (recipeState.projectAtMs === null || recipeState.current !== shown) return null;
  if (recipeState.current !== null && !isShown(recipeState)) return null;
  if (againMs !== null) return { ...recipeState, shown, projectAtMs: ctx.now() + againMs };
  // Of a pointer that was moved to nothing, the move counts: a Glance that lags may not have shown the image that was left.
  const movedAtMs = currentSinceMs(recipeState) ?? recipeState.pointerChanges.at(-1)?.atMs ?? 0;
  const { pinsChangedAtMs, protectsChangedAtMs } = recipeState;
  const atMs = Math.max(movedAtMs, pinsChangedAtMs ?? 0, protectsChangedAtMs ?? 0);
  const resolvableSinceMs = resolvableAtMs({ atMs }, ctx.timing);
  return {
    ...recipeState,
    shown,
    projectAtMs: ctx.now() >= resolvableSinceMs ? null : resolvableSinceMs,
  };
}

export async function mark(ctx: Ctx, image: Image, marks: Marks | null): Promise<void> {
  if (marks === null) return;
  await sendWithProtection(ctx, image, marks.change, (wanted) =>
    changeImage(ctx.cloud.images, image, wanted),
  );
  for (const tag of marks.addTags) await ctx.cloud.images.addTag(image.id, tag);
  for (const tag of marks.removeTags) await ctx.cloud.images.removeTag(image.id, tag);
}
