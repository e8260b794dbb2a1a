import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, effectOf, type Call } from "../call.ts";
import { pageOf } from "../paging.ts";
import type { Image, Volume } from "../resources.ts";
import { isoMicros } from "../times.ts";
import type { World } from "../world.ts";

/** @throws Refusal 404 for another project's as for none. */
export function volumeOf(call: Call, id = call.params["id"] ?? ""): Volume {
  const volume = call.world.volumes.get(id);
  if (volume === undefined || volume.projectId !== callerOf(call).project.id) {
    throw new Refusal(404, `Volume ${id} could not be found.`);
  }
  return volume;
}

/** Quotas are 413 with `Retry-After: 0`, though no waiting helps. */
export function quotaExceeded(message: string): Refusal {
  return new Refusal(413, message, { "retry-after": "0" });
}

/** Cinder's volume_image_metadata of a volume made from this image. */
export function volumeImageMetadata(image: Image): Record<string, string> {
  return {
    signature_verified: "False",
    ...image.properties,
    image_id: image.id,
    image_name: image.name ?? "",
    checksum: image.checksum ?? "",
    container_format: image.containerFormat ?? "",
    disk_format: image.diskFormat ?? "",
    min_disk: String(image.minDiskGib),
    min_ram: String(image.minRamMib),
    size: String(image.sizeBytes ?? 0),
  };
}

export function showVolume(call: Call): Answer {
  return { status: 200, body: { volume: volumeBody(call, volumeOf(call)) } };
}

export function listVolumes(call: Call): Answer {
  const me = callerOf(call).project.id;
  const { query } = call;
  const found = [...call.world.volumes.values()].filter(
    (volume) =>
      volume.projectId === me &&
      (query.get("name") ?? volume.name) === volume.name &&
      (query.get("status") ?? volume.status) === volume.status,
  );
  const detailed = call.path.endsWith("/detail");
  const show = (volume: Volume): unknown => {
    const body = volumeBody(call, volume);
    return detailed ? body : { id: volume.id, name: volume.name, links: body["links"] };
  };
  const body = pageOf(call, `${call.world.baseUrl}/volume`, "volumes", found, show);
  return { status: 200, body };
}

const createBody = z.object({
  volume: z.object({
    name: z.nullish(z.string().check(z.maxLength(255))),
    size: z.nullish(z.int().check(z.minimum(1))),
    snapshot_id: z.nullish(z.string()),
    imageRef: z.nullish(z.string()),
    metadata: z.nullish(z.record(z.string(), z.string())),
  }),
});

/** POST /volumes: empty, from a snapshot, or from an image. */
export function createVolume(call: Call): Answer {
  const parsed = createBody.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Invalid input for field/attribute volume.");
  const { world } = call;
  const wish = parsed.data.volume;
  const origin = originOf(call, wish.snapshot_id ?? null, wish.imageRef ?? null);
  const sizeGib = wish.size ?? origin.sizeGib;
  if (sizeGib === null) throw new Refusal(400, "Invalid input received: size must be set.");
  checkQuota(call, sizeGib);
  const { user, project } = callerOf(call);
  const volume: Volume = {
    id: world.newId(),
    name: wish.name ?? "",
    projectId: project.id,
    userId: user.id,
    status: "creating",
    sizeGib,
    bootable: false,
    attachments: [],
    metadata: { ...wish.metadata },
    imageMetadata: {},
    snapshotId: wish.snapshot_id ?? null,
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
  };
  world.volumes.set(volume.id, volume);
  world.note("created", "volume", volume.id, volume.name);
  world.after(world.settings.volumeSeconds, () => {
    volume.status = "available";
    volume.bootable = origin.bootable;
    volume.imageMetadata = origin.imageMetadata;
    volume.updatedAtMs = world.nowMs;
  });
  return { status: 202, body: { volume: volumeBody(call, volume) } };
}

interface Origin {
  sizeGib: number | null;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

function originOf(call: Call, snapshotId: string | null, imageId: string | null): Origin {
  if (snapshotId !== null) {
    const snapshot = call.world.snapshots.get(snapshotId);
    if (snapshot === undefined)
      throw new Refusal(404, `Snapshot ${snapshotId} could not be found.`);
    if (snapshot.status !== "available") {
      const state = `Originating snapshot status must be one of 'available' values`;
      throw new Refusal(400, `Invalid snapshot: ${state}`);
    }
    const source = call.world.volumes.get(snapshot.volumeId);
    return {
      sizeGib: snapshot.sizeGib,
      bootable: source?.bootable ?? false,
      imageMetadata: { ...source?.imageMetadata },
    };
  }
  if (imageId === null) return { sizeGib: null, bootable: false, imageMetadata: {} };
  const image = call.world.firstZone.images.get(imageId);
  if (image === undefined) {
    throw new Refusal(400, "Invalid image identifier or unable to access requested image.");
  }
  if (image.status !== "active") {
    throw new Refusal(400, `Invalid input received: Image ${imageId} is not active.`);
  }
  return { sizeGib: null, bootable: true, imageMetadata: volumeImageMetadata(image) };
}

function checkQuota(call: Call, sizeGib: number): void {
  const { world } = call;
  const { volumeQuota, gigabytesQuota } = world.settings;
  if (world.volumes.size >= volumeQuota) {
    const rule = `Maximum number of volumes allowed (${volumeQuota}) exceeded for quota 'volumes'.`;
    throw quotaExceeded(`VolumeLimitExceeded: ${rule}`);
  }
  const usedGib = gigabytesUsed(world);
  if (usedGib + sizeGib > gigabytesQuota) {
    const figures = `Requested ${sizeGib}G, quota is ${gigabytesQuota}G and ${usedGib}G has been consumed.`;
    throw quotaExceeded(
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. ${figures}`,
    );
  }
}

/** Snapshots count as much as the volumes they are of. */
export function gigabytesUsed(world: World): number {
  let usedGib = 0;
  for (const { sizeGib } of world.volumes.values()) usedGib += sizeGib;
  for (const { sizeGib } of world.snapshots.values()) usedGib += sizeGib;
  return usedGib;
}

export function deleteVolume(call: Call): Answer {
  const { world } = call;
  const volume = volumeOf(call);
  const hasSnapshots = [...world.snapshots.values()].some(({ volumeId }) => volumeId === volume.id);
  if (!["available", "error"].includes(volume.status) || hasSnapshots) {
    const states = "available or error or error_restoring or error_extending or error_managing";
    const others =
      "must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.";
    throw new Refusal(400, `Invalid volume: Volume status must be ${states} and ${others}`);
  }
  volume.status = "deleting";
  const stays = effectOf(call, "volume-stays") !== undefined;
  world.after(world.settings.deleteSeconds, () => {
    if (stays) volume.status = "error_deleting";
    else if (world.volumes.delete(volume.id))
      world.note("deleted", "volume", volume.id, volume.name);
  });
  return { status: 202 };
}

export function volumeBody(call: Call, volume: Volume): Record<string, unknown> {
  const path = `${volume.projectId}/volumes/${volume.id}`;
  const { baseUrl } = call.world;
  return {
    id: volume.id,
    status: volume.status,
    size: volume.sizeGib,
    availability_zone: call.world.firstZone.name,
    created_at: isoMicros(volume.createdAtMs),
    updated_at: isoMicros(volume.updatedAtMs),
    name: volume.name,
    description: null,
    volume_type: "simulated",
    snapshot_id: volume.snapshotId,
    source_volid: null,
    metadata: volume.metadata,
    links: [
      { rel: "self", href: `${baseUrl}/volume/v3/${path}` },
      { rel: "bookmark", href: `${baseUrl}/volume/${path}` },
    ],
    user_id: volume.userId,
    bootable: String(volume.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: false,
    attachments: volume.attachments.map(({ id, serverId, device, atMs }) => ({
      id: volume.id,
      attachment_id: id,
      volume_id: volume.id,
      server_id: serverId,
      host_name: null,
      device,
      attached_at: isoMicros(atMs),
    })),
    "os-vol-tenant-attr:tenant_id": volume.projectId,
    ...(Object.keys(volume.imageMetadata).length === 0
      ? {}
      : { volume_image_metadata: volume.imageMetadata }),
  };
}
