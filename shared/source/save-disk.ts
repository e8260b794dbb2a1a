import type { Attachment, Server, Snapshot, Volume } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { Decision } from "../protocol/step.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { whereOf } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import type { User } from "./live-volume.ts";
import { actOf, type PutBackAct, type SeenPutBack, waitAfter } from "./put-back.ts";
import { serversOf } from "./servers.ts";
import type { SourceItem } from "./item.ts";

export type SaveAct =
  /** Hands the snapshot to the server's record, which outlives the run. */
  | { kind: "note-disk" }
  /** To `kept`: from here on the disk is put back, whatever happens. To `ready`: its server runs as it was found. */
  | { kind: "stage-disk"; serverId: string; snapshotId: string; to: "kept" | "ready" }
  | PutBackAct;

export interface SeenSaving {
  /** Null: not made yet, or 404. */
  snapshot: Snapshot | null;
  /** What an earlier run, or this one, has to put back. */
  disk: SeenPutBack | null;
}

/** True until the disk is saved and its server runs as it was found. */
export function isSaving({ recipe, savedDisk }: Run): boolean {
  return recipe.prepare.restore !== null && savedDisk?.readyAtMs == null;
}

/** The run as its first stop sees it: nobody is asked, and no guest is waited for. */
export function stoppedForSnapshot(run: Run): Run {
  const prepare = { ...run.recipe.prepare, hook: null, waitForShutoffMs: null };
  return { ...run, recipe: { ...run.recipe, prepare } };
}

/**
 * The disk is saved while its server is off, so that nothing is half-written on it. Then the server runs again, for its
 * guest to prepare itself. Called when the server is SHUTOFF, or was found so.
 */
export function decideSaving(
  run: Run,
  user: { server: Server | null; item: SourceItem | null; id: string },
  { snapshot, disk }: SeenSaving,
  nowMs: number,
): Decision<SaveAct> {
  const { id: serverId, server, item } = user;
  const saved = item?.savedDisk ?? null;
  if (disk !== null && disk.saved.snapshotId !== run.savedDisk?.id && disk.next.kind !== "done")
    return earlier(disk);
  if (run.savedDisk === null)
    return { kind: "intend", intent: "save-disk", text: "snapshot of the disk, to put it back to" };
  const { id: snapshotId, notedAtMs } = run.savedDisk;
  if (notedAtMs === null)
    return {
      kind: "act",
      act: { kind: "note-disk" },
      text: "noted which snapshot the disk is put back to",
      set: { savedDisk: { ...run.savedDisk, notedAtMs: nowMs } },
    };
  if (saved?.snapshotId !== snapshotId || snapshot === null || snapshot.status.startsWith("error"))
    return {
      kind: "fail",
      code: "snapshot-failed",
      message: `The snapshot ${snapshotId} of the disk ${snapshot === null ? "was deleted" : `is ${snapshot.status}`}`,
      remedy: `Ask the cloud's operator what became of it (openstack volume snapshot show ${snapshotId}), then refresh again`,
    };
  if (snapshot.status !== "available")
    return { kind: "wait", seconds: 2, text: `snapshot ${snapshot.status}` };
  if (saved.stage === "unused")
    return {
      kind: "act",
      act: { kind: "stage-disk", serverId, snapshotId, to: "kept" },
      text: "the disk is to be put back from here on",
    };
  if (saved.stage === "ready")
    return {
      kind: "note",
      text: `${server?.name ?? serverId} ${server?.status ?? "gone"}, its disk is saved`,
      set: {
        savedDisk: { ...run.savedDisk, readyAtMs: nowMs },
        stops: [],
        stoppedAtMs: null,
      },
    };
  if (disk?.next.kind === "wait" && saved.call !== null)
    return { kind: "wait", seconds: 5, text: disk.next.text };
  if (server?.taskState !== null)
    return { kind: "wait", seconds: 2, text: `${server?.name ?? serverId} changes its state` };
  if (item?.wishedPower === "ACTIVE" && server.status === "SHUTOFF") {
    const text = `starts ${server.name}, to be prepared`;
    const step = { kind: "call" as const, call: "start" as const, text };
    const act = { kind: "put-back" as const, serverId, saved, step };
    return { kind: "act", act, text, thenWaitSeconds: 2 };
  }
  return {
    kind: "act",
    act: { kind: "stage-disk", serverId, snapshotId, to: "ready" },
    text: `${server.name} is ${server.status} again`,
  };
}

function earlier(disk: SeenPutBack): Decision<SaveAct> {
  const act = actOf(disk);
  if (act !== null)
    return { kind: "act", act, text: act.step.text, thenWaitSeconds: waitAfter(act) };
  const why = "text" in disk.next ? disk.next.text : "";
  return { kind: "wait", seconds: 15, text: `the disk of an earlier run comes first: ${why}` };
}

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
      lateDetachUntilMs: null,
    },
  };
}

export async function stageDisk(
  ctx: Ctx,
  run: Run,
  { serverId, snapshotId, to }: Extract<SaveAct, { kind: "stage-disk" }>,
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
    remedy: `Take prepare.restore out of ${recipe.name}, and make each image of a fresh server (after_promote: delete_server) or of a volume made from a snapshot. Nothing was touched`,
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
