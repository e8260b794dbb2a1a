import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { effectOf, type Call } from "../call.ts";
import { addSnapshot } from "./snapshots.ts";
import { volumeOf } from "./volumes.ts";

const body = z.object({ revert: z.object({ snapshot_id: z.string() }) });
const REVERT_MINOR = 40;
/** Cinder deletes its own snapshot so long after the volume is available again. */
const BACKUP_SECONDS = 0.3;

/**
 * Only to the newest snapshot, and only while the volume is available. Cinder makes a snapshot of its own meanwhile. If
 * the revert fails, that one stays, and the volume is in `error`.
 */
export function revertVolume(call: Call): Answer {
  const { world } = call;
  if (call.minor < REVERT_MINOR) throw new Refusal(404, "The resource could not be found.");
  const volume = volumeOf(call);
  const parsed = body.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Malformed request body.");
  const id = parsed.data.revert.snapshot_id;
  const newest = [...world.snapshots.values()].findLast((each) => each.volumeId === volume.id);
  if (newest === undefined)
    throw new Refusal(400, `Volume ${volume.id} doesn't have any snapshots.`);
  if (newest.id !== id) {
    throw new Refusal(
      400,
      `Specified snapshot ${id} is None or not the latest one of volume ${volume.id}.`,
    );
  }
  const why = `Can't revert volume ${volume.id} to its latest snapshot ${id}.`;
  if (volume.status !== "available")
    throw new Refusal(409, `Invalid volume: ${why} Volume's status must be 'available'.`);
  if (newest.status !== "available")
    throw new Refusal(409, `Invalid snapshot: ${why} Snapshot's status must be 'available'.`);
  volume.status = "reverting";
  newest.status = "restoring";
  const backup = addSnapshot(world, volume, `[revert] volume ${volume.id} backup snapshot`, {
    fails: false,
  });
  const fails = effectOf(call, "revert-fails") !== undefined;
  world.after(world.settings.snapshotSeconds + 1, () => {
    newest.status = "available";
    volume.status = fails ? "error" : "available";
    volume.updatedAtMs = world.nowMs;
    if (fails) return;
    volume.content = newest.content;
    world.after(BACKUP_SECONDS, () => {
      if (world.snapshots.delete(backup.id))
        world.note("deleted", "snapshot", backup.id, backup.name);
    });
  });
  return { status: 202 };
}
