import { comparableId } from "../cloud-ids.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { addResources, newResource } from "./backing-resources.ts";
import { closeToCopies, deleteEverywhere } from "./copies.ts";
import { membersOf, removeDoubled } from "./doubled-members.ts";
import { imageOf, markForDeletion, markGone, noteDeleted, noteMissing } from "./inventory.ts";
import { addBackup, findBackup, noteBackupAsked, recordedBackup } from "./image-backups.ts";
import { noteKeptImages } from "./kept-images.ts";
import { noteRefused } from "./not-deleted.ts";
import { wholePauseAt } from "./pause.ts";
import { takeProtectionOff } from "./protect.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";
import { type RemovalOp, retirable } from "./removal-plan.ts";
import { isShown, withNothingToShow } from "./shown.ts";

/** May be repeated. A delete that the cloud refuses (in use, protected) is postponed and is no error. */
export async function remove(ctx: Ctx, ops: RemovalOp[]): Promise<void> {
  // Regild could not look for the backups of these images, so it does not delete them yet.
  const unsure = new Set<string>();
  for (const op of ops) {
    const now = ctx.now();
    if (unsure.has(op.id)) continue;
    switch (op.kind) {
      case "mark-for-deletion":
        await ctx.changeRecipeState((recipeState) =>
          mayStillGo(recipeState, op.id, now)
            ? markForDeletion(recipeState, op.id, op.reason, now)
            : null,
        );
        break;
      case "note-snapshots":
        await ctx.changeRecipeState((recipeState) =>
          noteSnapshots(recipeState, op.id, op.snapshotIds, now),
        );
        break;
      case "note-backup":
        if (!(await noteBackup(ctx, op.image))) unsure.add(op.id);
        break;
      case "note-missing":
      case "note-seen":
        await ctx.changeRecipeState((recipeState) =>
          noteMissing(recipeState, op.id, op.kind === "note-seen" ? null : now),
        );
        break;
      case "take-protection-off":
        await takeOff(ctx, op.id);
        break;
      case "delete":
        await deleteMarked(ctx, op.id);
        break;
      case "gone":
        if (await mayHaveCopies(ctx, op.id)) break;
        await ctx.changeRecipeState((recipeState) => {
          const gone = markGone(recipeState, op.id, now);
          return gone === null ? null : withNothingToShow(gone);
        });
        break;
    }
  }
}

/**
 * Asked again when the mark is written: since the plan was made, somebody may have revoked the current image, so that the
 * image counts towards `keep` now.
 */
function mayStillGo(recipeState: RecipeState, id: string, nowMs: number): boolean {
  const where = imageOf(recipeState, id)?.where;
  return (
    where !== undefined &&
    wholePauseAt(recipeState, nowMs) === null &&
    isShown(recipeState) &&
    retirable(recipeState, where, nowMs).some((entry) => entry.id === id)
  );
}

/**
 * True if a late request has made a copy of the image after all: the next check deletes it. Also if a zone cannot be asked:
 * then the record says why the image stays in it.
 */
async function mayHaveCopies(ctx: Ctx, id: string): Promise<boolean> {
  const entry = imageOf(await ctx.recipeState(), id);
  if (entry === undefined || entry.promotedAtMs !== null) return false;
  try {
    return !(await closeToCopies(ctx, entry));
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const kept = [{ id, why: `it may have a copy: ${error.message}` }];
    await ctx.changeRecipeState((recipeState) => noteKeptImages(recipeState, kept, ctx.now()));
    return true;
  }
}

async function takeOff(ctx: Ctx, id: string): Promise<void> {
  const recipeState = await ctx.recipeState();
  if (isHeldByPause(recipeState, imageOf(recipeState, id), ctx.now())) return;
  try {
    await takeProtectionOff(ctx, id);
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    const why = `Regild's own protection cannot be taken off: ${error.message}`;
    await ctx.changeRecipeState((h) => noteRefused(h, id, why, ctx.now()));
  }
}

/** During a pause of everything, an image that was current once stays. */
function isHeldByPause(
  recipeState: RecipeState,
  entry: InventoryImage | undefined,
  nowMs: number,
): boolean {
  return entry?.promotedAtMs != null && wholePauseAt(recipeState, nowMs) !== null;
}

async function deleteMarked(ctx: Ctx, id: string): Promise<void> {
  const recipeState = await ctx.recipeState();
  const entry = imageOf(recipeState, id);
  if (entry?.state !== "deleting") return;
  if (isHeldByPause(recipeState, entry, ctx.now())) return;
  try {
    if (await hasDoubledMember(ctx, entry)) return;
    const withBackup = await isForIms(ctx, recipeState, id);
    const wasThere = await deleteEverywhere(ctx, entry, { withBackup });
    if (!wasThere) return;
    await ctx.changeRecipeState((h) => {
      const nowMs = ctx.now();
      const asked = withBackup ? noteBackupAsked(h, id, nowMs) : h;
      return noteDeleted(asked, id, nowMs);
    });
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    await ctx.changeRecipeState((h) => noteRefused(h, id, error.message, ctx.now()));
  }
}

/**
 * True if IMS may delete the backup with the image: the inventory has it, and the image names no other one. An image may
 * have inherited the name of another image's backup. Then its own is deleted at CBR, once the image is gone.
 */
async function isForIms(ctx: Ctx, recipeState: RecipeState, id: string): Promise<boolean> {
  const backup = recordedBackup(recipeState, id);
  if (backup === undefined) return false;
  const named = (await ctx.cloud.images.recentImage(id))?.backupId ?? null;
  return named === null || comparableId(named) === comparableId(backup.id);
}

/** @returns false: CBR refused to say whether there is one, and the record of the image has its reason. */
async function noteBackup(ctx: Ctx, image: Pick<Image, "id" | "backupId">): Promise<boolean> {
  const recipeState = await ctx.recipeState();
  const origin = imageOf(recipeState, image.id)?.backup ?? null;
  if (origin === null) return true;
  try {
    const backup = await findBackup(ctx, recipeState, image, origin);
    if (backup !== null)
      await ctx.changeRecipeState((h) => addBackup(h, image.id, backup.id, ctx.now()));
    return true;
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    const why = `its backup cannot be looked for: ${error.message}`;
    await ctx.changeRecipeState((h) => noteRefused(h, image.id, why, ctx.now()));
    return false;
  }
}

async function hasDoubledMember(
  { cloud: { imageMembers } }: Ctx,
  { id, sharedWith }: InventoryImage,
): Promise<boolean> {
  if (sharedWith.length === 0) return false;
  const have = await membersOf(imageMembers, id);
  return removeDoubled(imageMembers, id, { have, ours: sharedWith });
}

export function noteSnapshots(
  recipeState: RecipeState,
  imageId: string,
  snapshotIds: string[],
  nowMs: number,
): RecipeState | null {
  const image = imageOf(recipeState, imageId);
  if (image === undefined) return null;
  const { run, where } = image;
  const made = { kind: "snapshot" as const, run, imageId, where, state: "kept" as const };
  const named = snapshotIds.map((id) => newResource({ ...made, id }, nowMs));
  return addResources(recipeState, named);
}
