import type { Image, ImageChange } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError, type RefusalCode } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import { eachCopy } from "./copies.ts";
import { imageOf } from "./inventory.ts";
import { type Marks, PROTECTION_PROPERTY } from "./marks.ts";
import {
  announceTakingOff,
  type ProtectionStep,
  protectionRefused,
  takingOff,
  withProtection,
} from "./protection.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";

/** What is next for the image, by the record at the moment of the write. */
type Next = (recipeState: RecipeState, entry: InventoryImage) => ProtectionStep | null;

/**
 * Writes down what Regild is about to do with the protection of an image.
 * @returns the record as it is then, and what to send. Null: nothing.
 */
export async function announceProtection(
  ctx: Ctx,
  imageId: string,
  next: Next,
): Promise<{ after: RecipeState; change: ImageChange | null }> {
  let change: ImageChange | null = null;
  const after = await ctx.changeRecipeState((recipeState) => {
    const entry = imageOf(recipeState, imageId);
    const step = entry === undefined ? null : next(recipeState, entry);
    change = step?.change ?? null;
    return step === null || step.protection === entry?.protection
      ? null
      : withProtection(recipeState, imageId, step.protection);
  });
  return { after, change };
}

export function withChange(marks: Marks, change: ImageChange | null): Marks {
  if (change === null) return marks;
  const properties = { ...marks.change.properties, ...change.properties };
  return { ...marks, change: { ...marks.change, ...change, properties } };
}

/** Of these, the other changes of the request would be refused as well. */
const NOT_OF_PROTECTION: ReadonlyArray<RefusalCode | null> = [
  "not-found",
  "not-offered",
  "sign-in-failed",
  "token-refused",
  "configuration",
];

/**
 * Sends a change of an image. If the cloud refuses it with `protected`, sends the rest: a cloud that lets nobody protect
 * an image keeps none from becoming current.
 * @throws CloudError the cloud refused the rest as well, or refused to take the protection off.
 */
export async function sendWithProtection(
  ctx: Ctx,
  image: Image,
  wanted: ImageChange,
  send: (change: ImageChange) => Promise<void>,
): Promise<void> {
  try {
    await send(wanted);
  } catch (error) {
    if (wanted.protected === undefined || !isOfProtection(error)) throw error;
    const { protected: isSet, ...rest } = wanted;
    const { [PROTECTION_PROPERTY]: _mark, ...properties } = rest.properties ?? {};
    await send({ ...rest, properties });
    if (!isSet) throw error;
    const why = cloudWords(error.message, MAX_REASON);
    await ctx.changeRecipeState((recipeState) => protectionRefused(recipeState, image.id, why));
  }
}

const MAX_REASON = 400;

function isOfProtection(error: unknown): error is CloudError {
  return (
    error instanceof CloudError &&
    error.kind === "refused" &&
    !NOT_OF_PROTECTION.includes(error.code)
  );
}

/**
 * Takes Regild's own protection off an image that is to be deleted, in each image service: some clouds copy an image with
 * its protection. May be repeated.
 */
export async function takeProtectionOff(ctx: Ctx, imageId: string): Promise<void> {
  const entry = imageOf(
    await ctx.changeRecipeState((recipeState) => announceTakingOff(recipeState, imageId)),
    imageId,
  );
  if (entry?.state !== "deleting") return;
  await eachCopy(ctx, entry, async (images, id) => {
    const image = await images.image(id);
    const change = image === null ? null : takingOff(entry, image);
    if (image !== null && change !== null) await images.change(image, change);
  });
}
