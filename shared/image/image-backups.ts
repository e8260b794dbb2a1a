import type { Backup, BackupOrigin } from "../backups.ts";
import type { Image } from "../cloud-ports.ts";
import { comparableId } from "../cloud-ids.ts";
import type { Ctx } from "../context.ts";
import { addResources, newResource, noteAsked } from "./backing-resources.ts";
import { imageOf } from "./inventory.ts";
import type { BackingResource, RecipeState } from "./recipe-state.ts";

/** The backup that the inventory has of a full-server image. Undefined: none. */
export function recordedBackup(
  { resources }: Pick<RecipeState, "resources">,
  imageId: string,
): BackingResource | undefined {
  return resources.find((p) => p.kind === "backup" && p.imageId === imageId);
}

/** The clock of the cloud may differ from ours by so much, as sign-ins may (15 minutes). */
const CLOCKS_MS = 15 * 60_000;

/**
 * Finds the backup that a full-server image is made of: the one that the image names, or the one in whose record CBR names
 * the image. An image may have inherited the name of another image's backup. So the backup has to be one of this server
 * in this vault, made since the run began, and no other image's.
 * @returns null: CBR shows none.
 */
export async function findBackup(
  ctx: Ctx,
  recipeState: RecipeState,
  { id, backupId }: Pick<Image, "id" | "backupId">,
  origin: BackupOrigin,
): Promise<Backup | null> {
  const isOwn = (backup: Backup): boolean =>
    comparableId(backup.vaultId) === comparableId(origin.vaultId) &&
    comparableId(backup.serverId) === comparableId(origin.serverId) &&
    backup.createdAtMs >= origin.sinceMs - CLOCKS_MS &&
    otherImages(backup, id).length === 0 &&
    !recipeState.resources.some((p) => p.id === backup.id && p.imageId !== id);
  const { backups } = ctx.cloud;
  const named = backupId === null ? null : await backups.backup(backupId);
  if (named !== null && isOwn(named)) return named;
  const all = await backups.backupsIn(origin);
  return all.find((backup) => backup.imageIds.includes(id) && isOwn(backup)) ?? null;
}

/** Images that are made of the backup, beside this one. */
export function otherImages({ imageIds }: Backup, imageId: string | null): string[] {
  return imageIds.filter((one) => imageId === null || comparableId(one) !== comparableId(imageId));
}

/** Null: the inventory has it already, or does not have the image. */
export function addBackup(
  recipeState: RecipeState,
  imageId: string,
  backupId: string,
  nowMs: number,
): RecipeState | null {
  const image = imageOf(recipeState, imageId);
  if (image === undefined) return null;
  const { run, where } = image;
  const made = { kind: "backup" as const, id: backupId, run, imageId, where };
  const state = image.state === "gone" ? "deleting" : "kept";
  return addResources(recipeState, [newResource({ ...made, state }, nowMs)]);
}

/** Records that IMS accepted to delete the backup with its image. */
export function noteBackupAsked(
  recipeState: RecipeState,
  imageId: string,
  nowMs: number,
): RecipeState {
  const backup = recordedBackup(recipeState, imageId);
  return backup === undefined ? recipeState : noteAsked(recipeState, backup.id, nowMs);
}
