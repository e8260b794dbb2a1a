import * as z from "zod/mini";
import type { Server, Snapshot, Volume } from "../cloud-ports.ts";

const epochMs = z.int().check(z.nonnegative());

/** `start`: so that the guest prepares itself. The start after everything is that of every source. */
const CALLS = ["start", "stop", "detach", "revert", "attach"] as const;
export type PutBackCall = (typeof CALLS)[number];

/** In the record of the server: the disk that is put back before the server starts again. */
export const savedDiskSchema = z.strictObject({
  /** The run that saved it. */
  run: z.string(),
  recipeName: z.string(),
  projectId: z.string(),
  /** As its recipe's inventory has it. */
  sourceId: z.string(),
  volumeId: z.string(),
  volumeName: z.string(),
  snapshotId: z.string(),
  /** How the server had the volume. */
  device: z.nullable(z.string()),
  tag: z.nullable(z.string()),
  deleteOnTermination: z.boolean(),
  /**
   * - `unused`: the guest has not been asked to prepare anything yet.
   * - `dropped`: and it never will be. Only the snapshot has to go.
   * - `kept`: the server may be started, and its guest may write to the disk.
   * - `ready`: it was seen running. If it is off from here on, the guest wanted that, and nobody starts it to prepare.
   * - `reverted`: the disk is as it was. The server must have it, and the snapshot has to go.
   * - `watched`: all that is done, and a detach without an answer may still come.
   */
  stage: z.enum(["unused", "dropped", "kept", "ready", "reverted", "watched"]),
  /** Announced before the call is sent. Nobody sends another one until it can no longer be on its way. */
  call: z.nullable(z.strictObject({ id: z.string(), kind: z.enum(CALLS), atMs: epochMs })),
  /** Calls announced so far. A worker that has slept since knows by it that its observation is old. */
  calls: z.int().check(z.nonnegative()),
  /** Until then a detach without an answer may still take the volume from the server. */
  lateDetachUntilMs: z.nullable(epochMs),
});
export type SavedDisk = z.infer<typeof savedDiskSchema>;

/** Null: 404. */
export interface SeenDisk {
  server: Server | null;
  volume: Volume | null;
  snapshot: Snapshot | null;
}

/** The next step for a disk that was saved. */
export type PutBack =
  | { kind: "done" }
  | { kind: "call"; call: PutBackCall; text: string }
  | { kind: "stage"; to: "dropped" | "ready" | "reverted"; text: string }
  /** The snapshot goes to the recipe's inventory, which deletes it. */
  | { kind: "clear"; text: string }
  /** `text`: what it waits for. */
  | { kind: "wait"; text: string }
  /** Only a person can help. */
  | { kind: "stuck"; text: string };

/**
 * Cinder reverts a volume that is `available` only, and Nova has to be asked for that: it is detached, reverted to the
 * snapshot, and attached again. The snapshot goes last: without it, a revert that comes late is refused.
 * @param settleMs so long after it was announced, a call can no longer be on its way.
 */
export function decidePutBack(
  saved: SavedDisk,
  { server, volume, snapshot }: SeenDisk,
  { serverId, nowMs, settleMs }: { serverId: string; nowMs: number; settleMs: number },
): PutBack {
  const disk = saved.volumeName || saved.volumeId;
  if (saved.call !== null && nowMs < saved.call.atMs + settleMs)
    return {
      kind: "wait",
      text: `whether the ${saved.call.kind} of ${disk} was done is not known`,
    };
  if (volume === null) return { kind: "clear", text: `${disk} was deleted meanwhile` };
  if (saved.stage === "unused")
    return { kind: "stage", to: "dropped", text: `${disk} is as it was` };
  if (saved.stage === "dropped") return { kind: "clear", text: `${disk} is as it was` };
  if (volume.status.startsWith("error")) {
    // Cinder accepts a revert before it tries. What the guest left on the disk does not go back to the server.
    return saved.stage === "reverted" && volume.attachments.length === 0 && snapshot !== null
      ? { kind: "stage", to: "ready", text: `the revert of ${disk} failed` }
      : { kind: "stuck", text: `volume ${disk} is ${volume.status}` };
  }
  const users = volume.attachments.map((each) => each.serverId);
  const other = users.find((id) => id !== serverId);
  if (other !== undefined && saved.stage === "watched")
    return { kind: "clear", text: `${disk} is attached to ${other} now` };
  if (other !== undefined) return { kind: "stuck", text: `${disk} is attached to ${other}` };
  if (users.length > 0) {
    const { status } = volume;
    return whileAttached(saved, { server, snapshot, disk, status, nowMs });
  }
  if (volume.status !== "available")
    return { kind: "wait", text: `volume ${disk} ${volume.status}` };
  if (isToBeReverted(saved)) {
    if (snapshot === null) return { kind: "stage", to: "reverted", text: lostText(disk) };
    if (snapshot.status !== "available") return snapshotIn(snapshot);
    return { kind: "call", call: "revert", text: `puts ${disk} back as it was` };
  }
  if (server === null)
    return { kind: "clear", text: `${disk} is as it was, its server was deleted` };
  if (server.status === "ERROR") return { kind: "stuck", text: `${server.name} is in ERROR` };
  const isReady = server.taskState === null && ["SHUTOFF", "ACTIVE"].includes(server.status);
  return isReady
    ? { kind: "call", call: "attach", text: `attaches ${disk} to ${server.name} again` }
    : { kind: "wait", text: stateOf(server) };
}

function isToBeReverted({ stage }: SavedDisk): boolean {
  return stage === "kept" || stage === "ready";
}

function lostText(disk: string): string {
  return `its snapshot was deleted: ${disk} stays as it is`;
}

function whileAttached(
  saved: SavedDisk,
  is: {
    server: Server | null;
    snapshot: Snapshot | null;
    disk: string;
    status: string;
    nowMs: number;
  },
): PutBack {
  const { server, snapshot, disk, status, nowMs } = is;
  if (status !== "in-use") return { kind: "wait", text: `volume ${disk} ${status}` };
  if (saved.stage === "watched" && nowMs < (saved.lateDetachUntilMs ?? 0)) return { kind: "done" };
  if (!isToBeReverted(saved)) return { kind: "clear", text: `${disk} is as it was` };
  if (snapshot === null) return { kind: "clear", text: lostText(disk) };
  return toBeDetached(server, disk);
}

/** A disk is taken from a server that is off: nothing in the guest holds it. */
export function toBeDetached(server: Server | null, disk: string): PutBack {
  if (server === null)
    return { kind: "wait", text: `its server is gone, and ${disk} still attached` };
  if (server.status === "ERROR") return { kind: "stuck", text: `${server.name} is in ERROR` };
  if (server.taskState !== null) return { kind: "wait", text: stateOf(server) };
  if (server.status === "SHUTOFF")
    return { kind: "call", call: "detach", text: `detaches ${disk} from ${server.name}` };
  return server.status === "ACTIVE"
    ? { kind: "call", call: "stop", text: `stops ${server.name} to put ${disk} back` }
    : { kind: "stuck", text: stateOf(server) };
}

function snapshotIn({ status }: Snapshot): PutBack {
  return status.startsWith("error")
    ? { kind: "stuck", text: `its snapshot is ${status}` }
    : { kind: "wait", text: `its snapshot is ${status}` };
}

function stateOf({ name, status, taskState }: Server): string {
  return `${name} ${status}${taskState === null ? "" : `, ${taskState}`}`;
}

/**
 * What a person does where Regild cannot. The snapshot goes before the server has the disk again: while it exists, Regild
 * puts the disk back to it once more, and what the server has written since is lost.
 */
export function byHand(saved: SavedDisk, serverId: string): string {
  const { volumeId, snapshotId } = saved;
  if (isAsItWas(saved))
    return `snapshot ${snapshotId} of volume ${volumeId} still has to be deleted; the volume is as it was`;
  return `volume ${volumeId} of server ${serverId} is not put back yet. Regild goes on trying. ${commandsOf(saved, serverId)}`;
}

/** True if the guest was never asked to prepare anything. */
export function isAsItWas({ stage }: SavedDisk): boolean {
  return stage === "unused" || stage === "dropped";
}

/** `By hand, in this order: openstack …` */
export function commandsOf(saved: SavedDisk, serverId: string): string {
  const { volumeId, snapshotId } = saved;
  const commands = [
    `openstack server remove volume ${serverId} ${volumeId}`,
    ...(isToBeReverted(saved)
      ? [
          `cinder --os-volume-api-version 3.40 revert-to-snapshot ${snapshotId}`,
          `openstack volume snapshot delete ${snapshotId}`,
        ]
      : []),
    `openstack server add volume ${serverId} ${volumeId}`,
  ];
  return `By hand, in this order: ${commands.join(", ")}`;
}
