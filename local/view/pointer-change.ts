import * as z from "zod/mini";
import type { RecipeState, PointerChange } from "../../shared/image/recipe-state.ts";
import { imageOf } from "../../shared/image/inventory.ts";
import { documentSchema, SCHEMA, time, timeOf } from "./document.ts";

/** The name is null where the inventory has forgotten the image. */
export const namedImageSchema = z.strictObject({ id: z.string(), name: z.nullable(z.string()) });

export function viewNamedImage(
  recipeState: RecipeState,
  id: string | null,
): z.infer<typeof namedImageSchema> | null {
  return id === null ? null : { id, name: imageOf(recipeState, id)?.name ?? null };
}

export const pointerChangeSchema = z.strictObject({
  recipe: z.string(),
  kind: z.enum(["promoted", "rolled-back", "revoked", "refused"]),
  at: time,
  /** The image that was current before. Null: none was, or the current image stayed. */
  from: z.nullable(namedImageSchema),
  /** The image that is current since. Null: none is, or the current image stayed. */
  to: z.nullable(namedImageSchema),
  /** The image that was withdrawn for good. */
  revoked: z.nullable(namedImageSchema),
  by: z.string(),
  reason: z.nullable(z.string()),
  /** Images that were passed over, or why it was refused. */
  note: z.nullable(z.string()),
});
export type PointerChangeView = z.infer<typeof pointerChangeSchema>;

export const pointerChangeDocument = z.extend(documentSchema, {
  change: pointerChangeSchema,
  /** The cloud shows the change: tags are set, and retired images are hidden. */
  shown: z.boolean(),
  /** The run at work, whose image is not promoted any more. */
  barred_run: z.nullable(z.string()),
});

export function viewChangeDocument(
  recipeState: RecipeState,
  { change, isShown }: { change: PointerChange; isShown: boolean },
): z.infer<typeof pointerChangeDocument> {
  const { barredRun } = recipeState;
  return {
    schema: SCHEMA,
    change: viewChange(recipeState, change),
    shown: isShown,
    barred_run: barredRun,
  };
}

export function viewChange(recipeState: RecipeState, change: PointerChange): PointerChangeView {
  const image = (id: string | null) => viewNamedImage(recipeState, id);
  const { kind, atMs, from, to, revoked, by, reason, note } = change;
  return {
    recipe: recipeState.recipeName,
    kind,
    at: timeOf(atMs),
    from: image(from),
    to: image(to),
    revoked: image(revoked),
    by,
    reason,
    note,
  };
}
