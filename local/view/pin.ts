import * as z from "zod/mini";
import type { Pinning } from "../../shared/commands/pin.ts";
import { imageOf } from "../../shared/image/inventory.ts";
import { documentSchema, SCHEMA } from "./document.ts";
import { imageSchema, viewImage } from "./images.ts";

/** What `regild pin` and `regild unpin` answer. */
export const pinDocument = z.extend(documentSchema, {
  image: imageSchema,
  /** False: it was so before. */
  changed: z.boolean(),
});

export function viewPin(
  { recipeState, isNew }: Pinning,
  imageId: string,
  nowMs: number,
): z.infer<typeof pinDocument> {
  const image = imageOf(recipeState, imageId);
  if (image === undefined) throw new Error(`${recipeState.recipeName} has no image ${imageId}`);
  const view = viewImage(recipeState, image, null, recipeState.rules, nowMs);
  return { schema: SCHEMA, image: view, changed: isNew };
}
