import * as z from "zod/mini";
import { recipeStateKey } from "../image/recipe-state.ts";
import type { Key } from "../ports.ts";

/** The statement of one image, as it was signed. */
export const provenanceSchema = z.strictObject({
  schema: z.literal(1),
  imageId: z.string(),
  /** A DSSE envelope as JSON: the property of the image is the digest of this very text. */
  envelope: z.string(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

export function provenanceKey(recipeName: string, imageId: string): Key {
  return { pk: recipeStateKey(recipeName).pk, sk: `provenance#${imageId}` };
}
