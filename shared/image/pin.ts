import { cloudWords } from "../plain-text.ts";
import type { Asked, InventoryImage, RecipeState } from "./recipe-state.ts";
import { shareSoon } from "./sharing.ts";

/** Why an image can be neither pinned nor unpinned. Null: it can. */
export function refusalOfPin(image: InventoryImage | undefined, isPin: boolean): string | null {
  if (image === undefined) return "the recipe has no such image";
  const { id, state } = image;
  if (state === "current" || state === "retired") return null;
  if (!isPin && image.pinned !== null) return null;
  return state === "candidate"
    ? `image ${id} was not promoted yet`
    : `image ${id} is ${state === "gone" ? "gone" : "being deleted"}`;
}

/** Null: it is pinned for this reason already. */
export function pinned(recipeState: RecipeState, imageId: string, pin: Asked): RecipeState | null {
  const known = recipeState.images.find(({ id }) => id === imageId)?.pinned ?? null;
  if (known !== null && known.by === pin.by && known.reason === pin.reason) return null;
  return withPin(recipeState, imageId, pin, pin.atMs);
}

/** Null: it is not pinned. */
export function unpinned(
  recipeState: RecipeState,
  imageId: string,
  nowMs: number,
): RecipeState | null {
  const image = recipeState.images.find(({ id }) => id === imageId);
  return image === undefined || image.pinned === null
    ? null
    : withPin(recipeState, imageId, null, nowMs);
}

function withPin(
  recipeState: RecipeState,
  imageId: string,
  pin: Asked | null,
  nowMs: number,
): RecipeState {
  const images = recipeState.images.map((image) =>
    image.id === imageId ? { ...image, pinned: pin } : image,
  );
  return shareSoon({ ...recipeState, images, projectAtMs: nowMs, pinsChangedAtMs: nowMs }, nowMs);
}

/** `pinned by anna (cli): the customer X runs it`. */
export function pinText({ by, reason }: Asked): string {
  return `pinned by ${by}${reason === null ? "" : `: ${cloudWords(reason, 200)}`}`;
}
