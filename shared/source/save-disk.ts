import type { Attachment, Server, Volume } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { whereOf } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import type { SourceItem } from "./item.ts";
import type { User } from "./live-volume.ts";
import { serversOf } from "./servers.ts";

/** Written once. Nothing is put back to it before it is `kept`. */
export async function noteDisk(ctx: Ctx, run: Run, snapshotId: string): Promise<void> {
  const { source } = run;
  const [server] = serversOf(run);
  if (source === null || server === undefined) return;
  const found = await ctx.cloud.compute.attachment(server.id, source.id);
  const attachment: Attachment = found ?? { device: null, tag: null, deleteOnTermination: false };
  await ctx.changeSource(server.id, (s) => noted(s, run, { snapshotId, attachment }));
}

/** @returns null: the record has a disk to put back already, or another run owns it. */
export function noted(
  item: SourceItem,
  run: Run,
  is: { snapshotId: string; attachment: Attachment },
): SourceItem | null {
  const isFree = item.savedDisk === null || item.savedDisk.stage === "watched";
  const { source } = run;
  const where = whereOf(run);
  if (source === null || where === null || item.owner !== run.id || !isFree) return null;
  if (item.savedDisk?.snapshotId === is.snapshotId) return null;
  const before = item.savedDisk?.volumeId === source.id ? item.savedDisk : null;
  return {
    ...item,
    savedDisk: {
      run: run.id,
      recipeName: run.recipeName,
      projectId: where.projectId,
      sourceId: where.sourceId,
      volumeId: source.id,
      volumeName: source.name,
      snapshotId: is.snapshotId,
      ...is.attachment,
      stage: "unused",
      call: null,
      calls: 0,
      lateDetachUntilMs: before?.lateDetachUntilMs ?? null,
    },
  };
}

/** To `kept`: from here on the disk is put back, whatever happens. To `ready`: its server runs as it was found. */
export interface StageAct {
  kind: "stage-disk";
  serverId: string;
  snapshotId: string;
  to: "kept" | "ready";
}

export async function stageDisk(
  ctx: Ctx,
  run: Run,
  { serverId, snapshotId, to }: StageAct,
): Promise<void> {
  const from = to === "kept" ? "unused" : "kept";
  await ctx.changeSource(serverId, (s) =>
    s.owner === run.id && s.savedDisk?.snapshotId === snapshotId && s.savedDisk.stage === from
      ? { ...s, savedDisk: { ...s.savedDisk, stage: to } }
      : null,
  );
}

/** Why the disk could not be put back after its image. Null: it can. Checked before anything is touched. */
export function restoreProblem(
  recipe: Recipe,
  volume: Volume,
  users: readonly User[],
  canRevert: boolean,
): Problem | null {
  if (recipe.prepare.restore === null) return null;
  const why = whyNot(volume, users, canRevert);
  if (why === null) return null;
  return {
    code: "restore-not-possible",
    message: `Volume ${volume.name || volume.id} cannot be put back after its image: ${why}`,
    remedy:
      users.length === 0
        ? `Attach it to its server. If an earlier run detached it and could not put it back, the report of that run says what to do: regild runs ${recipe.name}`
        : `Take prepare.restore out of ${recipe.name}, and make each image of a fresh server (after_promote: delete_server) or of a volume made from a snapshot. Nothing was touched`,
  };
}

function whyNot(volume: Volume, users: readonly User[], canRevert: boolean): string | null {
  if (!canRevert) return "this cloud's Cinder is older than microversion 3.40, which has revert";
  const [user, other] = users;
  if (user === undefined) return "no server has it, so no guest prepares it";
  if (other !== undefined) return "several servers have it, and all would lose it at once";
  if (user.server === null) return "its server cannot be seen";
  if (isRoot(volume, user.server))
    return `${user.server.name} boots from it, and Nova detaches no root volume`;
  return ["ACTIVE", "SHUTOFF"].includes(user.server.status)
    ? null
    : `${user.server.name} is ${user.server.status}, and not ACTIVE or SHUTOFF`;
}

/**
 * Only administrators see which volume a server boots from. In doubt, it is this one: a volume of a server without an
 * image that is bootable, or that is its first device.
 */
function isRoot({ bootable, attachments }: Volume, server: Server): boolean {
  if (server.imageId !== null) return false;
  const device = attachments.find(({ serverId }) => serverId === server.id)?.device ?? null;
  return bootable || device === null || /^\/dev\/\w*da$/.test(device);
}
