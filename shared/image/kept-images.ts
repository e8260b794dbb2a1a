import { cloudWords } from "../plain-text.ts";
import type { RecipeState, InventoryImage } from "./recipe-state.ts";

type Kept = Array<{ id: string; why: string }>;

/** A reason that still holds is written again after this time, so that its date stays recent. */
const RENEW_AFTER_MS = 30 * 60_000;
const MAX_REASON = 400;

/** Records why a clean-up left these images, and when. Null: nothing new. */
export function noteKeptImages(
  recipeState: RecipeState,
  kept: Kept,
  nowMs: number,
): RecipeState | null {
  if (!isNews(recipeState, kept, nowMs)) return null;
  const reasons = new Map(kept.map(({ id, why }) => [id, cloudWords(why, MAX_REASON)]));
  const noted = (image: InventoryImage): InventoryImage => {
    const why = reasons.get(image.id);
    return why === undefined ? image : { ...image, kept: { why, seenAtMs: nowMs } };
  };
  return { ...recipeState, images: recipeState.images.map(noted) };
}

/** True if the record does not have this reason yet. */
export function isNews(recipeState: RecipeState, kept: Kept, nowMs: number): boolean {
  return kept.some(({ id, why }) => {
    const known = recipeState.images.find((image) => image.id === id)?.kept;
    return known?.why !== cloudWords(why, MAX_REASON) || nowMs - known.seenAtMs >= RENEW_AFTER_MS;
  });
}

/** Why an image that is being deleted still exists. Null: unknown, or the reason is older than the delete. */
export function whyStillThere({ kept, deletingSinceMs }: InventoryImage): string | null {
  return kept !== null && kept.seenAtMs >= (deletingSinceMs ?? 0) ? kept.why : null;
}
