import type { Backup } from "../backups.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { findBackup, recordedBackup } from "../image/image-backups.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Decision } from "../protocol/step.ts";
import { backupOriginOf } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";

/** CBR may show a backup later than IMS shows its image. */
const SHOWN_WITHIN_MS = 10 * 60_000;

/** @returns null: CBR shows none. */
export async function seeImageBackup(
  ctx: Ctx,
  run: Run,
  recipeState: RecipeState,
  image: Image,
): Promise<Backup | null> {
  const origin = backupOriginOf(run);
  if (origin === null) return null;
  const known = recordedBackup(recipeState, image.id);
  return known === undefined
    ? findBackup(ctx, recipeState, image, origin)
    : ctx.cloud.backups.backup(known.id);
}

export interface RegisterBackup {
  kind: "register-backup";
  imageId: string;
  backupId: string;
}

/**
 * IMS calls an image `active` while CBR still copies its disks: until then, servers boot of it in one availability zone
 * only (IMS user guide, "Creating a Full-ECS Image from an ECS").
 * @returns null: the backup is complete.
 */
export function decideImageBackup(
  run: Run,
  imageId: string,
  { backup, recipeState }: { backup: Backup | null; recipeState: RecipeState },
  nowMs: number,
): Decision<RegisterBackup> | null {
  const known = recordedBackup(recipeState, imageId);
  if (backup === null) {
    const isAwaited = known === undefined && nowMs - run.stepSinceMs < SHOWN_WITHIN_MS;
    if (isAwaited) return { kind: "wait", seconds: 20, text: "active, waits for its backup" };
    return {
      kind: "fail",
      code: "backup-failed",
      message:
        known === undefined
          ? `Image ${imageId} is active, and CBR shows no backup of this server that it is made of`
          : `Backup ${known.id}, which image ${imageId} is made of, was deleted`,
      remedy:
        "Look in CBR for backups of this server that no image needs. Then refresh again. If it fails again, give the image's id to the cloud's operator",
    };
  }
  if (known === undefined) {
    const act = { kind: "register-backup" as const, imageId, backupId: backup.id };
    return { kind: "act", act, text: `its backup ${backup.id} written into the inventory` };
  }
  if (backup.status === "available") return null;
  if (["error", "deleting", "waiting_delete"].includes(backup.status)) {
    return {
      kind: "fail",
      code: "backup-failed",
      message: `Backup ${backup.id}, which image ${imageId} is made of, is ${backup.status}`,
      remedy: "Ask the cloud's operator about the backup, then refresh again",
    };
  }
  const seconds = Math.max(5, Math.min(120, Math.round((nowMs - run.stepSinceMs) / 3000)));
  return { kind: "wait", seconds, text: `backup ${backup.status}` };
}
