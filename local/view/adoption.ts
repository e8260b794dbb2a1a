import * as z from "zod/mini";
import type { AdoptionPlan } from "../../shared/commands/adopt.ts";
import { imageOf } from "../../shared/image/inventory.ts";
import { documentSchema, SCHEMA } from "./document.ts";
import { imageSchema, viewImage } from "./images.ts";

export const adoptionDocument = z.extend(documentSchema, {
  recipe: z.string(),
  kind: z.enum(["image", "snapshot"]),
  id: z.string(),
  name: z.string(),
  /** The image, or the one that names the snapshot, as the recipe's line has it then. */
  image: z.nullable(imageSchema),
  /** The backup in CBR that an adopted image names. It stays when the image goes. Null: it names none. */
  leaves_backup: z.nullable(z.string()),
  /** False: this is what would be done. */
  adopted: z.boolean(),
});

export function viewAdoption(
  { after, thing }: AdoptionPlan,
  adopted: boolean,
  nowMs: number,
): z.infer<typeof adoptionDocument> {
  const entry = imageOf(after, thing.kind === "image" ? thing.is.id : thing.imageId);
  return {
    schema: SCHEMA,
    recipe: after.recipeName,
    kind: thing.kind,
    id: thing.is.id,
    name: thing.is.name,
    image: entry === undefined ? null : viewImage(after, entry, null, after.rules, nowMs),
    leaves_backup: thing.kind === "image" ? thing.is.backupId : null,
    adopted,
  };
}
