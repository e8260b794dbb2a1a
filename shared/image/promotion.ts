import type { Sharing } from "../recipe/sharing.ts";
import { imageOf, mayMove } from "./inventory.ts";
import type { InventoryImage, PointerChange, RecipeState } from "./recipe-state.ts";
import { shareSoon } from "./sharing.ts";

/**
 * The promotion: the candidate becomes current and the current one retired, in one write.
 * Null when the candidate may not (any more): it was marked for deletion, or promoted before.
 */
export function promote(
  recipeState: RecipeState,
  imageId: string,
  nowMs: number,
  with_: {
    rules: RecipeState["rules"];
    sharing?: Sharing;
    protects?: boolean;
    provenance?: string;
    uploadSeconds: number | null;
  },
): RecipeState | null {
  const promoted = imageOf(recipeState, imageId);
  if (promoted === undefined || !mayMove(recipeState, imageId, "current")) return null;
  if (isBarred(recipeState, promoted.run)) return null;
  const replaced = recipeState.current;
  const images = recipeState.images.map((image): InventoryImage => {
    if (image.id === imageId) {
      return {
        ...image,
        state: "current",
        promotedAtMs: nowMs,
        retiredAtMs: null,
        replaces: replaced,
        provenance: with_.provenance ?? null,
      };
    }
    return image.id === replaced ? { ...image, state: "retired", retiredAtMs: nowMs } : image;
  });
  // Two workers whose clocks differ can measure less than nothing: such an upload teaches nothing.
  const { uploadSeconds } = with_;
  const isMeasured = uploadSeconds !== null && uploadSeconds >= 0;
  const uploads = [...recipeState.uploadSeconds, ...(isMeasured ? [uploadSeconds] : [])];
  const promotedState: RecipeState = {
    ...recipeState,
    images,
    current: imageId,
    rules: with_.rules,
    sharing: with_.sharing ?? recipeState.sharing,
    protects: with_.protects ?? recipeState.protects,
    pointerChanges: remember(recipeState.pointerChanges, {
      id: promoted.run,
      kind: "promoted",
      from: replaced,
      to: imageId,
      by: promoted.run,
      atMs: nowMs,
    }),
    projectAtMs: nowMs,
    uploadSeconds: uploads.slice(-10),
  };
  return shareSoon(promotedState, nowMs);
}

/** True if a person went back to an earlier image since the run began, or has asked for that. */
export function isBarred({ pointerRequests, barredRun }: RecipeState, runId: string): boolean {
  return pointerRequests.length > 0 || barredRun === runId;
}

const REMEMBERED_CHANGES = 100;

export function remember(
  known: PointerChange[],
  change: Partial<PointerChange> & Pick<PointerChange, "id" | "kind" | "by" | "atMs">,
): PointerChange[] {
  const blank = { from: null, to: null, revoked: null, reason: null, note: null };
  return [...known, { ...blank, ...change }].slice(-REMEMBERED_CHANGES);
}
