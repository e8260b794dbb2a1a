import { cloudWords } from "../plain-text.ts";
import type { BackingResource, InventoryImage, RecipeState } from "./recipe-state.ts";

/** Gap before a delete is repeated that the cloud refused. */
const REFUSED_RETRY_MS = 3_600_000;

export function isPutOff(
  { refusedAtMs }: InventoryImage | BackingResource,
  nowMs: number,
): boolean {
  return refusedAtMs !== null && nowMs < refusedAtMs + REFUSED_RETRY_MS;
}

/** @param why in the cloud's own words. */
export function noteRefused(
  recipeState: RecipeState,
  id: string,
  why: string,
  nowMs: number,
): RecipeState {
  const said = cloudWords(why, MAX_REASON);
  const kept = { why: said, seenAtMs: nowMs };
  const images = recipeState.images.map((image) =>
    image.id === id ? { ...image, refusedAtMs: nowMs, kept } : image,
  );
  const resources = recipeState.resources.map((p) =>
    p.id === id ? { ...p, refusedAtMs: nowMs, why: said, askedAtMs: null } : p,
  );
  return { ...recipeState, images, resources };
}

/** Records why resources were not deleted, and removes outdated reasons. Null: nothing changed. */
export function noteKept(
  recipeState: RecipeState,
  deleting: BackingResource[],
  kept: Array<{ id: string; why: string }>,
): RecipeState | null {
  const asked = new Set(deleting.map(({ id }) => id));
  const reasons = new Map(kept.map(({ id, why }) => [id, cloudWords(why, MAX_REASON)]));
  const whyOf = (p: BackingResource) => (asked.has(p.id) ? (reasons.get(p.id) ?? null) : p.why);
  if (recipeState.resources.every((p) => p.why === whyOf(p))) return null;
  return { ...recipeState, resources: recipeState.resources.map((p) => ({ ...p, why: whyOf(p) })) };
}

/** Longest reason: one record holds some hundred of them. */
const MAX_REASON = 400;
