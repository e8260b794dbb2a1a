import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, effectOf, type Call } from "../call.ts";
import { pageOf } from "../paging.ts";
import type { Snapshot, Volume } from "../resources.ts";
import { isoMicros } from "../times.ts";
import type { World } from "../world.ts";
import { booleanOrText } from "./booleans.ts";
import { gigabytesUsed, quotaExceeded, volumeOf } from "./volumes.ts";

/** Makes one without asking whether it may be made. */
export function addSnapshot(
  world: World,
  volume: Volume,
  name: string,
  is: { fails: boolean; description?: string | null; metadata?: Record<string, string> },
): Snapshot {
  const snapshot: Snapshot = {
    id: world.newId(),
    name,
    description: is.description ?? null,
    projectId: volume.projectId,
    volumeId: volume.id,
    status: "creating",
    sizeGib: volume.sizeGib,
    metadata: { ...is.metadata },
    content: volume.content,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
  };
  world.snapshots.set(snapshot.id, snapshot);
  world.note("created", "snapshot", snapshot.id, name);
  world.after(world.settings.snapshotSeconds, () => {
    snapshot.status = is.fails ? "error" : "available";
    snapshot.updatedAtMs = world.nowMs;
  });
  return snapshot;
}

function snapshotOf(call: Call): Snapshot {
  const id = call.params["id"] ?? "";
  const snapshot = call.world.snapshots.get(id);
  if (snapshot === undefined || snapshot.projectId !== callerOf(call).project.id) {
    throw new Refusal(404, `Snapshot ${id} could not be found.`);
  }
  return snapshot;
}

export function showSnapshot(call: Call): Answer {
  return { status: 200, body: { snapshot: snapshotBody(snapshotOf(call)) } };
}

export function listSnapshots(call: Call): Answer {
  const me = callerOf(call).project.id;
  const { query } = call;
  const found = [...call.world.snapshots.values()].filter(
    (snapshot) =>
      snapshot.projectId === me &&
      (query.get("name") ?? snapshot.name) === snapshot.name &&
      (query.get("status") ?? snapshot.status) === snapshot.status &&
      (query.get("volume_id") ?? snapshot.volumeId) === snapshot.volumeId,
  );
  const body = pageOf(call, `${call.world.baseUrl}/volume`, "snapshots", found, snapshotBody);
  return { status: 200, body };
}

const createBody = z.object({
  snapshot: z.object({
    volume_id: z.string(),
    name: z.nullish(z.string().check(z.maxLength(255))),
    description: z.nullish(z.string()),
    metadata: z.nullish(z.record(z.string(), z.string())),
    force: z.optional(booleanOrText),
  }),
});

/** An attached volume wants `force` below microversion 3.66; from then on it is implied. */
const FORCE_IMPLIED_MINOR = 66;

export function createSnapshot(call: Call): Answer {
  const parsed = createBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Invalid input for field/attribute snapshot.");
  const { world } = call;
  const wish = parsed.data.snapshot;
  const volume = volumeOf(call, wish.volume_id);
  const implied = call.minor >= FORCE_IMPLIED_MINOR;
  if (implied && wish.force === false) {
    throw new Refusal(400, "Invalid input received: invalid value for force: False");
  }
  const forced = implied || wish.force === true;
  const states = forced ? ["available", "in-use"] : ["available"];
  if (!states.includes(volume.status)) {
    const state = `status must be ${states.join(", ")}, but current status is: ${volume.status}.`;
    throw new Refusal(400, `Invalid volume: Volume ${volume.id} ${state}`);
  }
  const { snapshotQuota, gigabytesQuota } = world.settings;
  if (world.snapshots.size >= snapshotQuota) {
    const rule = `Maximum number of snapshots allowed (${snapshotQuota}) exceeded`;
    throw quotaExceeded(`SnapshotLimitExceeded: ${rule}`);
  }
  if (gigabytesUsed(world) + volume.sizeGib > gigabytesQuota) {
    throw quotaExceeded(
      "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota.",
    );
  }
  const snapshot = addSnapshot(world, volume, wish.name ?? "", {
    fails: effectOf(call, "snapshot-fails") !== undefined,
    description: wish.description ?? null,
    metadata: wish.metadata ?? {},
  });
  return { status: 202, body: { snapshot: snapshotBody(snapshot) } };
}

/** Accepted is not done: a store that finds it busy gives it back, or fails. A message says so. */
export function deleteSnapshot(call: Call): Answer {
  const { world } = call;
  const snapshot = snapshotOf(call);
  if (!["available", "error"].includes(snapshot.status)) {
    const rule = "Snapshot status must be available or error and must not be part of a group.";
    throw new Refusal(400, `Invalid snapshot: ${rule}`);
  }
  snapshot.status = "deleting";
  const stays = effectOf(call, "snapshot-stays");
  world.after(world.settings.deleteSeconds, () => {
    if (stays === undefined) {
      if (world.snapshots.delete(snapshot.id)) {
        world.note("deleted", "snapshot", snapshot.id, snapshot.name);
      }
      return;
    }
    const fails = stays.broken === true;
    snapshot.status = fails ? "error_deleting" : "available";
    world.messages.unshift({
      id: world.newId(),
      projectId: snapshot.projectId,
      eventId: `VOLUME_VOLUME_SNAPSHOT_010_${fails ? "016" : "015"}`,
      text: `delete snapshot:Snapshot ${fails ? "failed to delete" : "is busy"}.`,
      resourceType: "VOLUME_SNAPSHOT",
      resourceId: snapshot.id,
      requestId: call.requestId,
      createdAtMs: world.nowMs,
    });
  });
  return { status: 202 };
}

function snapshotBody(snapshot: Snapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    created_at: isoMicros(snapshot.createdAtMs),
    updated_at: isoMicros(snapshot.updatedAtMs),
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volumeId,
    status: snapshot.status,
    size: snapshot.sizeGib,
    metadata: snapshot.metadata,
    "os-extended-snapshot-attributes:project_id": snapshot.projectId,
    "os-extended-snapshot-attributes:progress": snapshot.status === "available" ? "100%" : "0%",
  };
}
