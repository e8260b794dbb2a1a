import { CloudError } from "../openstack/errors.ts";
import type { Image, ImageChange } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { resolvableAtMs } from "../run/intent.ts";
import type { RecipeState, InventoryImage } from "./recipe-state.ts";
import { imageOf, isShown } from "./inventory.ts";
import { currentSinceMs } from "./pointer.ts";
import { currentTag, type Marks, missing, stateMarks } from "./marks.ts";

/**
 * New first, then the one shown before it: the clouds' view of what is current goes from one to two to one, never to
 * none. Older ones, which a worker that stopped in the middle may have left shown, come before both if that one is seen
 * to be shown: a tag that nobody confirmed may be the only one. One that cannot be changed now does not keep the others
 * from it.
 * @throws what stood in the way, once everything else is done.
 */
export async function project(ctx: Ctx): Promise<void> {
  const recipeState = await ctx.recipeState();
  const retired = recipeState.images.filter((i) => i.state === "retired");
  const older = (await isSeen(ctx, recipeState))
    ? retired.filter(({ id }) => id !== recipeState.shown)
    : [];
  const hindrances = await showAll(ctx, recipeState, older);
  for (const entry of recipeState.images.filter((i) => i.state === "current")) {
    const isThere = await show(ctx, recipeState, entry);
    const { current } = await ctx.changeRecipeState((now) =>
      isThere ? nowShown(now, entry, ctx) : putOff(now, entry, ctx),
    );
    // One that was promoted meanwhile is shown by its own worker, who counts on the one shown before to stay.
    if (!isThere || current !== entry.id) return;
  }
  hindrances.push(
    ...(await showAll(
      ctx,
      recipeState,
      retired.filter((entry) => !older.includes(entry)),
    )),
  );
  const hindrance = hindrances[0];
  if (hindrance !== undefined) throw hindrance;
  await ctx.changeRecipeState((now) => projected(now, recipeState.current, ctx));
}

/** A worker that slept through a promotion has shown the image before as current again: that is put right at once. */
function nowShown(recipeState: RecipeState, { id }: InventoryImage, ctx: Ctx): RecipeState {
  return {
    ...recipeState,
    shown: id,
    projectAtMs: recipeState.current === id ? recipeState.projectAtMs : ctx.now(),
  };
}

/** Somebody has deleted the current image, or one Glance of several does not know it yet. */
const MISSING_RETRY_MS = 15 * 60_000;

/** With the new one not to be found, those before it stay shown: consumers find an old image rather than none. */
function putOff(recipeState: RecipeState, { id }: InventoryImage, ctx: Ctx): RecipeState | null {
  return recipeState.current === id
    ? { ...recipeState, projectAtMs: ctx.now() + MISSING_RETRY_MS }
    : null;
}

/** Consumers find the image that the inventory says is shown. */
async function isSeen(ctx: Ctx, { shown, recipeName }: RecipeState): Promise<boolean> {
  const image = shown === null ? null : await ctx.cloud.images.image(shown);
  return image?.tags.includes(currentTag(recipeName)) === true;
}

/** @returns what stood in the way. */
async function showAll(
  ctx: Ctx,
  recipeState: RecipeState,
  entries: InventoryImage[],
): Promise<CloudError[]> {
  const hindrances: CloudError[] = [];
  for (const entry of entries) {
    try {
      await show(ctx, recipeState, entry);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      hindrances.push(error);
    }
  }
  return hindrances;
}

/** @returns whether the image is there, and shows its state. */
async function show(ctx: Ctx, recipeState: RecipeState, entry: InventoryImage): Promise<boolean> {
  const image = await ctx.cloud.images.image(entry.id);
  if (image === null) return false;
  const marks = missing(image, stateMarks(recipeState, entry));
  // A rollback may have made it current since the record was read.
  const now = marks === null ? entry : imageOf(await ctx.recipeState(), entry.id);
  if (now?.state !== entry.state) return false;
  await mark(ctx, image, marks);
  return true;
}

/** A worker that was paused across a promotion may still undo this: once more, when it no longer can. Or just has. */
function projected(recipeState: RecipeState, shown: string | null, ctx: Ctx): RecipeState | null {
  if (recipeState.projectAtMs === null || recipeState.current !== shown) return null;
  if (recipeState.current !== null && !isShown(recipeState)) return null;
  const resolvableSinceMs = resolvableAtMs({ atMs: currentSinceMs(recipeState) ?? 0 }, ctx.timing);
  return {
    ...recipeState,
    shown,
    projectAtMs: ctx.now() >= resolvableSinceMs ? null : resolvableSinceMs,
  };
}

export async function mark(ctx: Ctx, image: Image, marks: Marks | null): Promise<void> {
  if (marks === null) return;
  await change(ctx, image, marks.change);
  for (const tag of marks.addTags) await ctx.cloud.images.addTag(image.id, tag);
  for (const tag of marks.removeTags) await ctx.cloud.images.removeTag(image.id, tag);
}

/** Clouds before Glance 2.7 (Rocky) cannot hide images: there the tag alone tells. */
async function change(ctx: Ctx, image: Image, wanted: ImageChange): Promise<void> {
  const { hidden, ...rest } = wanted;
  try {
    await ctx.cloud.images.change(image, wanted);
  } catch (error) {
    const cannotHide =
      hidden !== undefined && error instanceof CloudError && error.code === "not-offered";
    if (!cannotHide) throw error;
    await ctx.cloud.images.change(image, rest);
  }
}
