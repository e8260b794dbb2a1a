import type { Image } from "../cloud-ports.ts";
import { judge404 } from "./absence.ts";
import type { Copies } from "./copies.ts";
import { recordedBackup } from "./image-backups.ts";
import { diskImagesOf } from "./image-set.ts";
import { imageOf } from "./inventory.ts";
import { currentTag, showsPromotion } from "./marks.ts";
import { isPutOff } from "./not-deleted.ts";
import { pauseText, wholePauseAt } from "./pause.ts";
import { isProtectedByUs, whyProtected } from "./protection.ts";
import type { Asked, InventoryImage, RecipeState, Where } from "./recipe-state.ts";
import { beyondKeep, isUntried, mayGoAtMs, sameSource } from "./retention.ts";
import { isShown } from "./shown.ts";
import { notOurs, whoseElse } from "./whose.ts";

/** The images that a clean-up deletes, and why it leaves others. A dry run prints the same plan. */
export interface RemovalPlan {
  ops: RemovalOp[];
  kept: Array<{ id: string; why: string }>;
  /** A delete was accepted, and the image still exists. */
  pending: string[];
}

export type RemovalOp =
  | { kind: "mark-for-deletion"; id: string; reason: string }
  /** Snapshots that hold its content. Recorded before the image is deleted, because nothing else names them. */
  | { kind: "note-snapshots"; id: string; snapshotIds: string[] }
  /** The backup that holds its content, where the inventory lacks it. Recorded before the image goes, too. */
  | { kind: "note-backup"; id: string; image: Pick<Image, "id" | "backupId"> }
  /** Time of the first of two 404s that prove the image gone. One 404 may come from a Glance that lags. */
  | { kind: "note-missing" | "note-seen"; id: string }
  /** Regild's own protection, right before the delete: the next look decides about that. */
  | { kind: "take-protection-off"; id: string }
  | { kind: "delete"; id: string }
  | { kind: "gone"; id: string };

/** Images as one check sees them. Null: 404. `users`: servers and volumes that use them. */
export interface RemovalSeen {
  images: ReadonlyMap<string, Image | null>;
  /** What other image services say of those marked for deletion that are 404. */
  copies: ReadonlyMap<string, Copies>;
  users: ReadonlyMap<string, string[]>;
  /** Why some users may be missing. Null: the list is complete. */
  unread: string | null;
}

export type Place = Pick<Where, "cloud" | "region">;

export function planRemoval(
  recipeState: RecipeState,
  seen: RemovalSeen,
  here: Place,
  nowMs: number,
): RemovalPlan {
  const plans = [
    planDeleting(recipeState, deletingImages(recipeState, here), seen, nowMs),
    planRetired(recipeState, here, seen, nowMs),
  ];
  return {
    ops: plans.flatMap((plan) => plan.ops),
    kept: plans.flatMap((plan) => plan.kept),
    pending: plans.flatMap((plan) => plan.pending),
  };
}

function planDeleting(
  recipeState: RecipeState,
  deleting: InventoryImage[],
  seen: RemovalSeen,
  nowMs: number,
): RemovalPlan {
  const plan: RemovalPlan = { ops: [], kept: [], pending: [] };
  const pause = wholePauseAt(recipeState, nowMs);
  for (const entry of deleting) {
    const { id } = entry;
    const own = seen.images.get(id);
    if (own === undefined) continue;
    const { images: copies, unread } = seen.copies.get(id) ?? { images: [], unread: null };
    const image = own ?? copies[0] ?? null;
    // Only the first image service shows the owner mark of an adopted image.
    const whyNotOurs = own === null ? null : notOurs(recipeState, entry, own);
    const isOfBackup = entry.backup !== null && recordedBackup(recipeState, id) === undefined;
    const noteBackup: RemovalOp[] = isOfBackup
      ? [{ kind: "note-backup", id, image: { id, backupId: image?.backupId ?? null } }]
      : [];
    if (image === null && unread !== null) plan.kept.push({ id, why: unread });
    else if (image === null && entry.deletedAtMs !== null) plan.ops.push({ kind: "gone", id });
    else if (image === null) note404(plan, entry, [...noteBackup, { kind: "gone", id }], nowMs);
    else if (pause !== null && entry.promotedAtMs !== null)
      plan.kept.push({ id, why: pauseText(pause) });
    else if (image.protected && !isProtectedByUs(entry, image))
      plan.kept.push({ id, why: whyProtected(entry, image) });
    else if (whyNotOurs !== null) plan.kept.push({ id, why: whyNotOurs });
    else if (entry.promotedAtMs === null && showsPromotion(image, recipeState.recipeName))
      plan.kept.push({ id, why: FROM_A_BACKUP });
    else if (isPutOff(entry, nowMs)) plan.kept.push({ id, why: entry.kept?.why ?? PUT_OFF });
    else if (image.status === "deleted" || image.status === "pending_delete") plan.pending.push(id);
    else if (image.protected) plan.ops.push({ kind: "take-protection-off", id });
    else {
      const known = new Set(recipeState.resources.map((resource) => resource.id));
      const snapshotIds = image.snapshotIds.filter((snapshot) => !known.has(snapshot));
      if (entry.missingSinceMs !== null) plan.ops.push({ kind: "note-seen", id });
      if (snapshotIds.length > 0) plan.ops.push({ kind: "note-snapshots", id, snapshotIds });
      plan.ops.push(...noteBackup, { kind: "delete", id });
    }
  }
  return plan;
}

/** An image that Regild did not delete counts as gone after two 404s, some time apart. */
function note404(
  plan: RemovalPlan,
  { id, missingSinceMs, candidateAtMs }: InventoryImage,
  then: RemovalOp[],
  nowMs: number,
): void {
  const judgement = judge404({ sinceMs: missingSinceMs, createdAtMs: candidateAtMs }, nowMs);
  if (judgement === "gone") plan.ops.push(...then);
  else if (judgement === "first") plan.ops.push({ kind: "note-missing", id });
  else plan.pending.push(id);
}

/** Why an image stays. A restored backup takes an image that became current later for the image of a failed run. */
const FROM_A_BACKUP = "the cloud shows that it was promoted, and this store does not know of it";

/** Why a thing marked for deletion is still there. */
export const PUT_OFF = "the cloud refused to delete it, and is asked again later";

/** Why an older image stays: it stands in, because the current image may have been deleted before it was ever shown. */
const NOT_SHOWN = "the clouds do not show the current image";

/** The reason of an image that Regild has retired and somebody else has deleted. */
export const DELETED_ELSEWHERE = "deleted by somebody else";

function planRetired(
  recipeState: RecipeState,
  here: Place,
  seen: RemovalSeen,
  nowMs: number,
): RemovalPlan {
  const plan: RemovalPlan = { ops: [], kept: [], pending: [] };
  const rules = recipeState.rules;
  if (rules === null) return plan;
  const pause = wholePauseAt(recipeState, nowMs);
  if (pause !== null) return { ...plan, kept: allStay(recipeState, here, pauseText(pause), nowMs) };
  if (!isShown(recipeState))
    return {
      ...plan,
      kept: allStay(recipeState, here, NOT_SHOWN, nowMs),
    };
  const current = imageOf(recipeState, recipeState.current ?? "")?.where;
  const active = recipeState.images.filter((i) => {
    const image = seen.images.get(i.id);
    return (
      (i.state === "current" || i.state === "retired") &&
      i.revoked === null &&
      sameSource(i.where, current) &&
      image?.status === "active" &&
      whoseElse(recipeState, i, image) === null &&
      diskImagesOf(recipeState, i.id).every(({ id }) => seen.images.get(id)?.status === "active")
    );
  });
  let untriedNow = active.filter((i) => isUntried(i)).length;
  let triedNow = active.length - untriedNow;
  for (const entry of retirable(recipeState, here, nowMs).toReversed()) {
    const { id } = entry;
    const image = seen.images.get(id);
    const users = seen.users.get(id) ?? [];
    if (image === undefined) continue;
    const whyNotOurs = image === null ? null : notOurs(recipeState, entry, image);
    const whySetStays = whyDiskImagesStay(recipeState, entry, seen);
    const isActive = active.includes(entry);
    // An untried image does not stand in for one that was current.
    const activeNow = isUntried(entry) ? triedNow + untriedNow : triedNow;
    if (users.length > 0) plan.kept.push({ id, why: `in use by ${users.slice(0, 5).join(", ")}` });
    else if (seen.unread !== null) plan.kept.push({ id, why: seen.unread });
    else if (whySetStays !== null) plan.kept.push({ id, why: whySetStays });
    else if (image === null)
      note404(plan, entry, [{ kind: "mark-for-deletion", id, reason: DELETED_ELSEWHERE }], nowMs);
    else if (entry.missingSinceMs !== null) plan.ops.push({ kind: "note-seen", id });
    else if (image.protected && !isProtectedByUs(entry, image))
      plan.kept.push({ id, why: whyProtected(entry, image) });
    else if (whyNotOurs !== null) plan.kept.push({ id, why: whyNotOurs });
    else if (isToBeHidden(recipeState, image)) plan.kept.push({ id, why: NOT_HIDDEN });
    else if (entry.revoked !== null)
      plan.ops.push({ kind: "mark-for-deletion", id, reason: revokedBy(entry.revoked) });
    else if (isActive && activeNow <= rules.keep) {
      plan.kept.push({ id, why: `only ${activeNow} images are active, and keep is ${rules.keep}` });
    } else {
      if (isActive && isUntried(entry)) untriedNow--;
      else if (isActive) triedNow--;
      plan.ops.push({
        kind: "mark-for-deletion",
        id,
        reason: `older than the ${rules.keep === 1 ? "one image" : `${rules.keep} images`} to keep`,
      });
    }
  }
  const goers = plan.ops.filter((op) => op.kind === "mark-for-deletion").length;
  return goers > rules.maxDeletes ? stopAndAsk(plan, goers, rules.maxDeletes) : plan;
}

/** Why an older image stays: if somebody protected it before its delete, two images would bear the tag for good. */
const NOT_HIDDEN = "the cloud still shows it as the current image";

/** A worker died after it had shown the current image, and before it hid this one. Showing goes on soon. */
function isToBeHidden({ projectAtMs, recipeName }: RecipeState, { tags }: Image): boolean {
  return projectAtMs !== null && tags.includes(currentTag(recipeName));
}

/** What holds one image of a set holds them all. Null: nothing does. */
function whyDiskImagesStay(
  recipeState: RecipeState,
  entry: InventoryImage,
  { images }: RemovalSeen,
): string | null {
  for (const { id, device } of diskImagesOf(recipeState, entry.id)) {
    const image = images.get(id) ?? null;
    if (image === null) continue;
    const why = image.protected ? PROTECTED : whoseElse(recipeState, entry, image);
    if (why !== null) return `of disk ${device}, image ${id}: ${why}`;
  }
  return null;
}

const PROTECTED = "protected by somebody";

function allStay(
  recipeState: RecipeState,
  here: Place,
  why: string,
  nowMs: number,
): RemovalPlan["kept"] {
  return retirable(recipeState, here, nowMs).map(({ id }) => ({ id, why }));
}

function revokedBy({ by, reason }: Asked): string {
  return `revoked by ${by}${reason === null ? "" : `: ${reason}`}`;
}

/** True of the reason of an image that stays because its clean-up has stopped. */
export function isStopped(why: string): boolean {
  return /^\d+ images would go, and max_deletes is /.test(why);
}

/** Deletes nothing if the plan exceeds the recipe's `max_deletes`: that is more often a mistake than a wish. */
function stopAndAsk(plan: RemovalPlan, goers: number, maxDeletes: number): RemovalPlan {
  const why = `${goers} images would go, and max_deletes is ${maxDeletes}. If they are to go, raise it`;
  return { ops: [], kept: [...plan.kept, ...plan.ops.map(({ id }) => ({ id, why }))], pending: [] };
}

function isIn(here: Place, { where }: InventoryImage): boolean {
  return where.cloud === here.cloud && where.region === here.region;
}

export function deletingImages(recipeState: RecipeState, here: Place): InventoryImage[] {
  return recipeState.images.filter((i) => i.state === "deleting" && isIn(here, i));
}

/** Newest first, as `beyondKeep`. Only images in this cloud: another cloud would answer 404 for them. */
export function retirable(recipeState: RecipeState, here: Place, nowMs: number): InventoryImage[] {
  const rules = recipeState.rules;
  if (rules === null) return [];
  return beyondKeep(recipeState, rules.keep).filter(
    (i) => isIn(here, i) && mayGoAtMs(i, rules) <= nowMs,
  );
}
