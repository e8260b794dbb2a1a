import type { Server, Snapshot } from "../cloud-ports.ts";
import type { Decision } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";
import type { SourceItem } from "../source/item.ts";
import { actOf, type PutBackAct, type SeenPutBack, waitAfter } from "../source/put-back.ts";
import type { StageAct } from "../source/save-disk.ts";

export type SaveAct =
  /** Hands the snapshot to the server's record, which outlives the run. */
  { kind: "note-disk" } | StageAct | PutBackAct;

export interface SeenSaving {
  /** Null: not made yet, or 404. */
  snapshot: Snapshot | null;
  /** What this run has to put back. */
  disk: SeenPutBack | null;
}

/** True until the disk is saved and its server runs as it was found. */
export function isSaving({ recipe, savedDisk }: Run): boolean {
  return recipe.prepare.restore !== null && savedDisk?.readyAtMs == null;
}

/** True while the guest has to have the disk: until it is prepared. A volume that nobody has then was detached by somebody. */
export function isPreparing({ recipe, savedDisk }: Run): boolean {
  return recipe.prepare.restore !== null && savedDisk?.preparedAtMs == null;
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

/** The disk of an earlier run is put back before anything else. */
export function decideEarlier(disk: SeenPutBack): Decision<SaveAct> {
  const act = actOf(disk);
  if (act !== null)
    return { kind: "act", act, text: act.step.text, thenWaitSeconds: waitAfter(act) };
  const why = "text" in disk.next ? disk.next.text : "";
  return { kind: "wait", seconds: 15, text: `the disk of an earlier run comes first: ${why}` };
}
