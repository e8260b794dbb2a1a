import { Refusal } from "../answers.ts";
import { effectOf, type Call } from "../call.ts";
import { addSnapshot } from "../cinder/snapshots.ts";
import { activate, newImage } from "../glance/image.ts";
import type { Server, ServerVolume, Snapshot, Volume } from "../resources.ts";
import { synchronise } from "../uploads.ts";
import { chosenId } from "./chosen-id.ts";
import { beginAction, endAction } from "./server.ts";
import { inheritedFrom, keptByServer, snapshotProperties } from "./snapshot-properties.ts";

/**
 * Snapshots every attached volume one by one, then registers an empty image that names them. The image
 * is active at once; the snapshots need not be available yet, and stay when a later one is refused.
 */
export function imageOfVolumes(
  call: Call,
  server: Server,
  name: string,
  metadata: Record<string, string>,
): string {
  const { world } = call;
  const { snapshotQuota } = world.settings;
  const owned = [...world.snapshots.values()].filter(
    ({ projectId }) => projectId === server.projectId,
  );
  if (owned.length + server.volumes.length > snapshotQuota) {
    throw new Refusal(403, "Quota exceeded for resources: snapshots");
  }
  const action = beginAction(call, server, "createImage", "api_snapshot_instance");
  const cut = effectOf(call, "snapshots-cut");
  const failing = effectOf(call, "snapshot-fails");
  const mappings: Array<Record<string, unknown>> = [];
  for (const [index, attached] of server.volumes.entries()) {
    if (cut !== undefined && index >= cut.after) {
      throw new Refusal(
        500,
        "Unexpected API Error. <class 'cinderclient.exceptions.ClientException'>",
      );
    }
    const volume = snapshotable(call, attached);
    const snapshot = addSnapshot(world, volume, `snapshot for ${name}`, {
      fails: failing?.number === index + 1,
    });
    mappings.push(mappingOf(attached, snapshot));
  }
  const root = world.volumes.get(server.volumes[0]?.volumeId ?? "");
  const wished = { ...metadata };
  const image = newImage(world, {
    ...chosenId(world, wished),
    name,
    visibility: "private",
    projectId: server.projectId,
    diskFormat: root?.imageMetadata["disk_format"] ?? null,
    containerFormat: root?.imageMetadata["container_format"] ?? null,
    minDiskGib: 1,
    properties: {
      ...keptByServer(inheritedFrom(root)),
      base_image_ref: "",
      ...snapshotProperties(call),
      ...wished,
      root_device_name: server.volumes[0]?.device ?? "/dev/vda",
      block_device_mapping: JSON.stringify(mappings),
      bdm_v2: "True",
    },
  });
  world.addImage(world.firstZone, image);
  activate(world, image, { sizeBytes: 0, text: "" });
  endAction(world, action, false);
  synchronise(call, image);
  return image.id;
}

function snapshotable(call: Call, { volumeId }: ServerVolume): Volume {
  const volume = call.world.volumes.get(volumeId);
  if (volume === undefined) throw new Refusal(400, `Volume ${volumeId} could not be found.`);
  if (volume.status !== "in-use" && volume.status !== "available") {
    const state = `status must be available, in-use, but current status is: ${volume.status}.`;
    throw new Refusal(
      400,
      `Invalid input received: Invalid volume: Volume ${volumeId} ${state} (HTTP 400) (Request-ID: ${call.world.newRequestId()})`,
    );
  }
  return volume;
}

function mappingOf(attached: ServerVolume, snapshot: Snapshot): Record<string, unknown> {
  return {
    delete_on_termination: false,
    no_device: null,
    destination_type: "volume",
    guest_format: null,
    volume_id: null,
    image_id: null,
    volume_type: null,
    disk_bus: attached.bootIndex === 0 ? "virtio" : null,
    volume_size: snapshot.sizeGib,
    device_name: attached.device,
    snapshot_id: snapshot.id,
    source_type: "snapshot",
    device_type: attached.bootIndex === 0 ? "disk" : null,
    tag: null,
    boot_index: attached.bootIndex,
  };
}
