import type { RecipeState, InventoryImage, PointerChange, PointerRequest } from "./recipe-state.ts";
import { imageOf } from "./inventory.ts";
import { remember } from "./promotion.ts";
import { askedAnew } from "./protection.ts";
import { isUntried } from "./retention.ts";
import { shareSoon } from "./sharing.ts";

/** Whether an image may become current again, as a worker saw it. `unknown`: the cloud did not answer. */
export type Fitness =
  | { kind: "good" }
  | { kind: "bad"; why: string }
  | { kind: "unknown"; why: string };

/**
 * Images that a rollback may make current, the nearest first: those promoted before the current one. Without revoked
 * images, images that a rollback has left, images in another place, and adopted images that were never
 * current.
 */
export function earlierImages(recipeState: RecipeState): InventoryImage[] {
  const current = imageOf(recipeState, recipeState.current ?? "");
  const before = current?.promotedAtMs ?? Number.POSITIVE_INFINITY;
  return recipeState.images
    .filter(
      (image) =>
        image.state === "retired" &&
        image.revoked === null &&
        image.rolledBackAtMs === null &&
        !isUntried(image) &&
        (image.promotedAtMs ?? 0) < before &&
        isSamePlace(image, current),
    )
    .toSorted((a, b) => (b.promotedAtMs ?? 0) - (a.promotedAtMs ?? 0));
}

function isSamePlace({ where }: InventoryImage, current: InventoryImage | undefined): boolean {
  return (
    current === undefined ||
    (where.cloud === current.where.cloud &&
      where.region === current.where.region &&
      where.projectId === current.where.projectId)
  );
}

/**
 * Carries out the request in one write: moves the pointer, removes the request and stores its answer. So a worker that
 * stops afterwards, or a repeated message, changes nothing more.
 * @param fitness of the images that were checked, by id.
 * @returns null: another image has to be checked first, or the request was carried out already.
 */
export function carriedOut(
  recipeState: RecipeState,
  request: PointerRequest,
  fitness: ReadonlyMap<string, Fitness>,
  nowMs: number,
): RecipeState | null {
  if (!recipeState.pointerRequests.some(({ id }) => id === request.id)) return null;
  const refusal = refusalOf(recipeState, request);
  if (refusal !== null)
    return answered(recipeState, request, nowMs, { kind: "refused", note: refusal });
  return request.kind === "rollback"
    ? rolledBack(recipeState, request, fitness, nowMs)
    : revoked(recipeState, request, fitness, nowMs);
}

/** Why the record alone rules the request out. */
export function refusalOf(
  recipeState: RecipeState,
  { kind, from, imageId }: Pick<PointerRequest, "kind" | "from" | "imageId">,
): string | null {
  const image = imageId === null ? undefined : imageOf(recipeState, imageId);
  if (image === undefined && (imageId !== null || kind === "revoke"))
    return `${recipeState.recipeName} has no image ${imageId ?? ""}`;
  if (image !== undefined && kind === "revoke") return unrevocable(image);
  if (recipeState.current !== from) return "another image is current by now";
  if (image !== undefined) return unfit(image, recipeState);
  return earlierImages(recipeState).length === 0 ? noneEarlier(recipeState) : null;
}

/** An image that a rollback has left is chosen by its name only. */
function noneEarlier({ recipeName, images }: RecipeState): string {
  const left = images.findLast(
    ({ state, rolledBackAtMs, revoked: by }) =>
      state === "retired" && rolledBackAtMs !== null && by === null,
  );
  const wayBack =
    left === undefined
      ? ""
      : `. To return to the one that was left: regild rollback ${recipeName} ${left.id}`;
  return `${recipeName} has no earlier image to go back to${wayBack}`;
}

function unrevocable({ id, state, revoked: by }: InventoryImage): string | null {
  if (by !== null) return `image ${id} is revoked`;
  return state === "current" || state === "retired" ? null : `image ${id} is ${state}`;
}

function unfit(image: InventoryImage, recipeState: RecipeState): string | null {
  const { id, state, revoked: by } = image;
  if (by !== null) return `image ${id} is revoked`;
  if (state !== "retired") return `image ${id} is ${state}`;
  return isSamePlace(image, imageOf(recipeState, recipeState.current ?? ""))
    ? null
    : `image ${id} is in another cloud or project`;
}

function rolledBack(
  recipeState: RecipeState,
  request: PointerRequest,
  fitness: ReadonlyMap<string, Fitness>,
  nowMs: number,
): RecipeState | null {
  const named = request.imageId === null ? null : imageOf(recipeState, request.imageId);
  const found = nearestGood(named == null ? earlierImages(recipeState) : [named], fitness);
  if (found === "unseen") return null;
  if (found.image === null) {
    return answered(recipeState, request, nowMs, { kind: "refused", note: found.note });
  }
  const moved = movePointer(recipeState, found.image.id, nowMs);
  const wentBack =
    (found.image.promotedAtMs ?? 0) <
    (imageOf(recipeState, recipeState.current ?? "")?.promotedAtMs ?? 0);
  const marked = wentBack ? change(moved, recipeState.current, { rolledBackAtMs: nowMs }) : moved;
  return answered(marked, request, nowMs, {
    kind: "rolled-back",
    from: recipeState.current,
    to: found.image.id,
    note: found.note,
  });
}

/** After the current image was revoked, the nearest good image becomes current. Without one, no image is current. */
function revoked(
  recipeState: RecipeState,
  request: PointerRequest,
  fitness: ReadonlyMap<string, Fitness>,
  nowMs: number,
): RecipeState | null {
  const { imageId, by, reason } = request;
  const mark = { revoked: { by, reason, atMs: nowMs } };
  if (recipeState.current !== imageId) {
    const marked = change(shareSoon({ ...recipeState, projectAtMs: nowMs }, nowMs), imageId, mark);
    return answered(marked, request, nowMs, { kind: "revoked", revoked: imageId });
  }
  const found = nearestGood(earlierImages(recipeState), fitness);
  if (found === "unseen") return null;
  const moved = movePointer(recipeState, found.image?.id ?? null, nowMs);
  return answered(change(moved, imageId, mark), request, nowMs, {
    kind: "revoked",
    revoked: imageId,
    from: imageId,
    to: found.image?.id ?? null,
    note: found.note,
  });
}

/** @returns `look`: the next image was not checked yet. */
function nearestGood(
  images: InventoryImage[],
  fitness: ReadonlyMap<string, Fitness>,
): { image: InventoryImage | null; note: string | null } | "unseen" {
  const notes: string[] = [];
  for (const image of images) {
    const is = fitness.get(image.id);
    if (is === undefined) return "unseen";
    if (is.kind === "good") return { image, note: notes.join("; ") || null };
    notes.push(`${image.id}: ${is.why}`);
    if (is.kind === "unknown") return { image, note: notes.join("; ") };
  }
  return { image: null, note: notes.join("; ") || null };
}

/** Points at another image, or at none. The active run began before, so its image will not be promoted. */
function movePointer(recipeState: RecipeState, to: string | null, nowMs: number): RecipeState {
  const { activeRun, current: from } = recipeState;
  const hasPromoted = recipeState.images.some(
    (i) => i.run === activeRun && i.promotedAtMs !== null,
  );
  const left = change(recipeState, from, { state: "retired", retiredAtMs: nowMs });
  const moved = change(left, to, {
    state: "current",
    retiredAtMs: null,
    rolledBackAtMs: null,
    currentAgainAtMs: nowMs,
    protection: askedAnew(imageOf(recipeState, to ?? "")?.protection ?? null),
  });
  const barredRun = activeRun === null || hasPromoted ? recipeState.barredRun : activeRun;
  return shareSoon({ ...moved, current: to, projectAtMs: nowMs, barredRun }, nowMs);
}

function answered(
  recipeState: RecipeState,
  { id, by, reason }: PointerRequest,
  nowMs: number,
  is: Pick<PointerChange, "kind"> & Partial<PointerChange>,
): RecipeState {
  return {
    ...recipeState,
    pointerRequests: recipeState.pointerRequests.filter((request) => request.id !== id),
    pointerChanges: remember(recipeState.pointerChanges, {
      id,
      by,
      reason,
      atMs: nowMs,
      ...is,
    }),
  };
}

function change(
  recipeState: RecipeState,
  imageId: string | null,
  to: Partial<InventoryImage>,
): RecipeState {
  return {
    ...recipeState,
    images: recipeState.images.map((image) => (image.id === imageId ? { ...image, ...to } : image)),
  };
}

/** When the current image became current, by a run or a rollback. */
export function currentSinceMs(recipeState: RecipeState): number | null {
  const moved = recipeState.pointerChanges.findLast(
    ({ to }) => to !== null && to === recipeState.current,
  );
  return moved?.atMs ?? imageOf(recipeState, recipeState.current ?? "")?.promotedAtMs ?? null;
}
