import type { BackingResource, ImageState, InventoryImage, RecipeState } from "./recipe-state.ts";

/**
 * All allowed changes of an image's state. Every promotion and delete is first a change here, in one conditional write:
 * a worker that loses the race finds the image in a state that forbids its action.
 */
const MOVES: Record<ImageState, readonly ImageState[]> = {
  candidate: ["current", "deleting"],
  current: ["retired"],
  retired: ["current", "deleting"],
  deleting: ["gone"],
  gone: [],
};

export function imageOf(recipeState: RecipeState, imageId: string): InventoryImage | undefined {
  return recipeState.images.find((image) => image.id === imageId);
}

export function mayMove(recipeState: RecipeState, imageId: string, to: ImageState): boolean {
  const image = imageOf(recipeState, imageId);
  return image !== undefined && MOVES[image.state].includes(to);
}

/** The inventory's first entry of an image: created by a run, may be promoted. */
export function newCandidate(
  created: Pick<InventoryImage, "id" | "name" | "run" | "attemptId" | "where" | "sizeBytes">,
  nowMs: number,
): InventoryImage {
  return {
    ...created,
    zones: [],
    availabilityZone: null,
    version: null,
    device: null,
    backup: null,
    state: "candidate",
    candidateAtMs: nowMs,
    promotedAtMs: null,
    retiredAtMs: null,
    deletingSinceMs: null,
    goneAtMs: null,
    deletedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    reason: null,
    kept: null,
    replaces: null,
    rolledBackAtMs: null,
    currentAgainAtMs: null,
    revoked: null,
    pinned: null,
    adopted: null,
    provenance: null,
    sharedWith: [],
    protection: null,
  };
}

/** Adds an image that a run of this recipe created. Null: the inventory has it already. */
export function register(recipeState: RecipeState, image: InventoryImage): RecipeState | null {
  if (imageOf(recipeState, image.id) !== undefined) return null;
  return { ...recipeState, images: [...recipeState.images, image] };
}

/** The ids of copies by IMS, so that they go with the image. Null: the inventory knows them, or not the image. */
export function noteCopies(
  recipeState: RecipeState,
  imageId: string,
  zones: InventoryImage["zones"],
): RecipeState | null {
  const known = imageOf(recipeState, imageId);
  if (known === undefined) return null;
  const idOf = (name: string): string | undefined =>
    zones.find((zone) => zone.name === name)?.imageId;
  const isNew = known.zones.some(({ name, imageId: id }) => id === undefined && idOf(name));
  if (!isNew) return null;
  return change(recipeState, imageId, {
    zones: known.zones.map((zone) => {
      const id = zone.imageId ?? idOf(zone.name);
      return id === undefined ? zone : { ...zone, imageId: id };
    }),
  });
}

/** Null: the image may not be marked for deletion. It is current, pinned, already marked, or gone. */
export function markForDeletion(
  recipeState: RecipeState,
  imageId: string,
  reason: string,
  nowMs: number,
): RecipeState | null {
  if (!mayMove(recipeState, imageId, "deleting")) return null;
  if (imageOf(recipeState, imageId)?.pinned != null) return null;
  return change(recipeState, imageId, {
    state: "deleting",
    deletingSinceMs: nowMs,
    reason,
    kept: null,
  });
}

/** @param sinceMs time of the first 404. Null: the image was seen again. */
export function noteMissing(
  recipeState: RecipeState,
  imageId: string,
  sinceMs: number | null,
): RecipeState {
  return change(recipeState, imageId, { missingSinceMs: sinceMs });
}

export function noteDeleted(recipeState: RecipeState, imageId: string, nowMs: number): RecipeState {
  return change(recipeState, imageId, { deletedAtMs: nowMs });
}

/** Marks the snapshots and the backup of an image for deletion, because the image is gone. */
export function markGone(
  recipeState: RecipeState,
  imageId: string,
  nowMs: number,
): RecipeState | null {
  if (!mayMove(recipeState, imageId, "gone")) return null;
  const gone = change(recipeState, imageId, { state: "gone", goneAtMs: nowMs });
  const resources = gone.resources.map((p): BackingResource =>
    p.imageId === imageId && p.state === "kept" ? { ...p, state: "deleting" } : p,
  );
  return { ...forgetOldest(gone), resources };
}

const REMEMBERED = 200;

/** Keeps the inventory far below the largest record: forgets the images that have been gone longest. */
function forgetOldest(recipeState: RecipeState): RecipeState {
  const surplus = recipeState.images.length - REMEMBERED;
  if (surplus <= 0) return recipeState;
  const gone = recipeState.images.filter((i) => i.state === "gone").slice(0, surplus);
  return { ...recipeState, images: recipeState.images.filter((i) => !gone.includes(i)) };
}

function change(
  recipeState: RecipeState,
  imageId: string,
  to: Partial<InventoryImage>,
): RecipeState {
  return {
    ...recipeState,
    images: recipeState.images.map((image) => (image.id === imageId ? { ...image, ...to } : image)),
  };
}
