import { cloudWords } from "../plain-text.ts";
import type {
  RecipeState,
  ImageState,
  LateAttempt,
  InventoryImage,
  BackingResource,
  PointerChange,
  Rules,
  Where,
} from "./recipe-state.ts";

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

/**
 * Marks for deletion what a paused worker wrote after its run had ended. With no active run, nothing can be a candidate, a
 * resource of a capture, or a resource of an image that is gone. Null: there is nothing to mark.
 */
export function markStraysForDeletion(recipeState: RecipeState, nowMs: number): RecipeState | null {
  if (recipeState.activeRun !== null) return null;
  const isStray = (p: BackingResource) =>
    p.state === "kept" && (p.imageId === null || imageOf(recipeState, p.imageId)?.state === "gone");
  const candidates = recipeState.images.filter((i) => i.state === "candidate");
  if (candidates.length === 0 && !recipeState.resources.some(isStray)) return null;
  const resources = recipeState.resources.map((p): BackingResource =>
    isStray(p) ? { ...p, state: "deleting" } : p,
  );
  return candidates.reduce<RecipeState>(
    (now, { id }) => markForDeletion(now, id, "written down after its run had ended", nowMs) ?? now,
    { ...recipeState, resources },
  );
}

/** The inventory's first entry of an image: created by a run, may be promoted. */
export function newCandidate(
  created: Pick<InventoryImage, "id" | "name" | "run" | "attemptId" | "where" | "sizeBytes">,
  nowMs: number,
): InventoryImage {
  return {
    ...created,
    zones: [],
    version: null,
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
  };
}

/** Adds an image that a run of this recipe created. Null: the inventory has it already. */
export function register(recipeState: RecipeState, image: InventoryImage): RecipeState | null {
  if (imageOf(recipeState, image.id) !== undefined) return null;
  return { ...recipeState, images: [...recipeState.images, image] };
}

/** The inventory's first entry of a snapshot, volume or test server. */
export function newResource(
  made: Pick<BackingResource, "kind" | "id" | "run" | "imageId" | "where" | "state">,
  nowMs: number,
): BackingResource {
  return { ...made, sinceMs: nowMs, askedAtMs: null, refusedAtMs: null, why: null, test: null };
}

/** Null: known already, or nothing new. */
export function addResources(
  recipeState: RecipeState,
  resources: BackingResource[],
): RecipeState | null {
  const fresh = resources.filter(
    (p) => !recipeState.resources.some((q) => q.kind === p.kind && q.id === p.id),
  );
  return fresh.length === 0
    ? null
    : { ...recipeState, resources: [...recipeState.resources, ...fresh] };
}

/**
 * The promotion: the candidate becomes current and the current one retired, in one write.
 * Null when the candidate may not (any more): it was marked for deletion, or promoted before.
 */
export function promote(
  recipeState: RecipeState,
  imageId: string,
  nowMs: number,
  with_: { rules: RecipeState["rules"]; uploadSeconds: number | null },
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
      };
    }
    return image.id === replaced ? { ...image, state: "retired", retiredAtMs: nowMs } : image;
  });
  // Two workers whose clocks differ can measure less than nothing: such an upload teaches nothing.
  const { uploadSeconds } = with_;
  const isMeasured = uploadSeconds !== null && uploadSeconds >= 0;
  const uploads = [...recipeState.uploadSeconds, ...(isMeasured ? [uploadSeconds] : [])];
  return {
    ...recipeState,
    images,
    current: imageId,
    rules: with_.rules,
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

/** Records that the cloud accepted the delete of a resource. Cinder may accept one and not do it. */
export function noteAsked(recipeState: RecipeState, id: string, nowMs: number): RecipeState {
  const resources = recipeState.resources.map((p) =>
    p.id === id ? { ...p, askedAtMs: nowMs } : p,
  );
  return { ...recipeState, resources };
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

/** An image that Regild did not delete counts as gone after two 404s that are at least so far apart. */
export const GONE_AFTER_MS = 30_000;
/** And at most so far apart: in between, the image may have been seen without a record of that. */
const GONE_WITHIN_MS = 180_000;

/**
 * Judges a 404 together with the one before it. `new`: the image was made so recently that the cloud may not show it yet,
 * so the 404 does not count. `first`: the first one that counts. `early`: too soon after the first. `gone`: proof.
 */
export function judge404(
  { sinceMs, createdAtMs }: { sinceMs: number | null; createdAtMs: number },
  nowMs: number,
): "new" | "first" | "early" | "gone" {
  if (nowMs - createdAtMs < GONE_AFTER_MS) return "new";
  if (sinceMs === null || nowMs - sinceMs > GONE_WITHIN_MS) return "first";
  return nowMs - sinceMs < GONE_AFTER_MS ? "early" : "gone";
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

/** Marks the snapshots of an image for deletion, because the image is gone. */
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

/** True if the resource's image was current once. */
export function isOfOldImage(recipeState: RecipeState, { imageId }: BackingResource): boolean {
  return (imageOf(recipeState, imageId ?? "")?.promotedAtMs ?? null) !== null;
}

/** Marks the temporary resources of a run's capture for deletion. */
export function markTemporaryForDeletion(
  recipeState: RecipeState,
  runId: string,
): RecipeState | null {
  const wanted = (p: BackingResource) =>
    p.run === runId && p.imageId === null && p.state === "kept";
  if (!recipeState.resources.some(wanted)) return null;
  return {
    ...recipeState,
    resources: recipeState.resources.map((p): BackingResource =>
      wanted(p) ? { ...p, state: "deleting" } : p,
    ),
  };
}

export function resourceGone(
  recipeState: RecipeState,
  kind: BackingResource["kind"],
  id: string,
): RecipeState | null {
  if (!recipeState.resources.some((p) => p.kind === kind && p.id === id && p.state === "deleting"))
    return null;
  const resources = recipeState.resources.map((p): BackingResource =>
    p.kind === kind && p.id === id ? { ...p, state: "gone" } : p,
  );
  return recipeState.activeRun === null
    ? forgetGoneResources({ ...recipeState, resources })
    : { ...recipeState, resources };
}

export function forgetGoneResources(recipeState: RecipeState): RecipeState {
  return { ...recipeState, resources: recipeState.resources.filter((p) => p.state !== "gone") };
}

/** Has the inventory look for the results of these attempts until `untilMs`, and mark for deletion what it finds. */
export function awaitLateAttempts(
  recipeState: RecipeState,
  attempts: LateAttempt[],
): RecipeState | null {
  const fresh = attempts.filter(
    (t) => !recipeState.lateAttempts.some((known) => known.attemptId === t.attemptId),
  );
  return fresh.length === 0
    ? null
    : { ...recipeState, lateAttempts: [...recipeState.lateAttempts, ...fresh] };
}

/** True once the clouds show the current image. Until then, an image that they still show as current must stay. */
export function isShown(recipeState: RecipeState): boolean {
  return recipeState.shown === recipeState.current;
}

/**
 * The place whose tags show which image is current. After the only image was revoked, no image is current, and the
 * remaining ones must be hidden there. Undefined: there is nothing to show or hide.
 */
export function whereShown(recipeState: RecipeState): Where | undefined {
  const { current, shown, images } = recipeState;
  const retired = images.findLast(({ state }) => state === "retired");
  return (imageOf(recipeState, current ?? shown ?? "") ?? retired)?.where;
}

/** True if the active run made the current image: that run sets the tags itself. */
export function isShownByRun({ images, current, activeRun }: RecipeState): boolean {
  return images.some(({ id, run }) => id === current && run === activeRun);
}

/**
 * Retired images in excess of the recipe's `keep`, by the inventory alone. Order: revoked images, then the others, the one
 * that was current last first. Revoked and pinned images do not count towards `keep`. Pinned images are never listed.
 */
export function beyondKeep(recipeState: RecipeState, keep: number): InventoryImage[] {
  const currentWhere = imageOf(recipeState, recipeState.current ?? "")?.where;
  const retired = recipeState.images
    .filter((i) => i.state === "retired" && i.pinned === null && sameSource(i.where, currentWhere))
    .toSorted((a, b) => becameCurrentAtMs(b) - becameCurrentAtMs(a));
  const revoked = retired.filter((i) => i.revoked !== null);
  const others = retired.filter((i) => i.revoked === null);
  return [...revoked, ...others.slice(Math.max(0, keep - 1))];
}

/**
 * By a run or a rollback, whichever was later: an image that a person went back to stays before the one that was
 * left.
 */
function becameCurrentAtMs({ promotedAtMs, currentAgainAtMs }: InventoryImage): number {
  return Math.max(promotedAtMs ?? 0, currentAgainAtMs ?? 0);
}

/** The earliest time at which a retired image in excess of `keep` may be deleted. */
export function mayGoAtMs(image: InventoryImage, rules: Rules): number {
  const { candidateAtMs, revoked } = image;
  const leftMs = leftAtMs(image) + rules.coolingOffMs;
  return revoked === null ? Math.max(leftMs, candidateAtMs + (rules.newerThanMs ?? 0)) : leftMs;
}

/** Start of the image's cooling-off. */
export function leftAtMs({ retiredAtMs, revoked }: InventoryImage): number {
  return Math.max(retiredAtMs ?? 0, revoked?.atMs ?? 0);
}

/** False for images of an earlier source: a recipe that names another source now leaves them alone. */
export function sameSource(
  a: InventoryImage["where"],
  b: InventoryImage["where"] | undefined,
): boolean {
  return (
    b !== undefined &&
    a.cloud === b.cloud &&
    a.region === b.region &&
    a.projectId === b.projectId &&
    a.sourceId === b.sourceId
  );
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
