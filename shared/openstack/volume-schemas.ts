import * as z from "zod";
import type { Snapshot, Volume } from "../ports.ts";
import { utcMs } from "./time.ts";

// Block Storage v3 api-ref; `volume_type` and all else that is not listed is passed over, so that its
// being an object (K5), a string or null does not matter. v2 has the same fields.
const strings = z.record(z.string(), z.coerce.string());

/** `glance_core_properties` of cinder.conf, as it is by default: not passed on to an image. */
const NOT_INHERITED = new Set([
  "checksum",
  "container_format",
  "disk_format",
  "image_id",
  "image_name",
  "min_disk",
  "min_ram",
  "name",
  "size",
]);

export const volumeSchema = z
  .object({
    id: z.string(),
    name: z.string().nullish(),
    status: z.string(),
    size: z.number(),
    /** `"true"` or `"false"`: text. */
    bootable: z.union([z.string(), z.boolean()]).nullish(),
    snapshot_id: z.string().nullish(),
    attachments: z
      .array(z.object({ server_id: z.string().nullish(), device: z.string().nullish() }))
      .default([]),
    "os-vol-tenant-attr:tenant_id": z.string().nullish(),
    metadata: strings.default({}),
    volume_image_metadata: strings.default({}),
  })
  .transform((volume): Volume => ({
    id: volume.id,
    name: volume.name ?? "",
    status: volume.status,
    sizeGib: volume.size,
    bootable: String(volume.bootable) === "true",
    snapshotId: volume.snapshot_id ?? null,
    imageId: volume.volume_image_metadata["image_id"] ?? null,
    // One attached to a host has no server.
    attachments: volume.attachments.flatMap(({ server_id, device }) =>
      server_id == null ? [] : [{ serverId: server_id, device: device ?? null }],
    ),
    projectId: volume["os-vol-tenant-attr:tenant_id"] ?? null,
    metadata: volume.metadata,
    imageProperties: Object.fromEntries(
      Object.entries(volume.volume_image_metadata).filter(([key]) => !NOT_INHERITED.has(key)),
    ),
  }));

export const snapshotSchema = z
  .object({
    id: z.string(),
    name: z.string().nullish(),
    volume_id: z.string(),
    status: z.string(),
    size: z.number(),
    created_at: z.string(),
    metadata: strings.default({}),
  })
  .transform((snapshot): Snapshot => ({
    id: snapshot.id,
    name: snapshot.name ?? "",
    volumeId: snapshot.volume_id,
    status: snapshot.status,
    sizeGib: snapshot.size,
    createdAtMs: utcMs(snapshot.created_at),
    metadata: snapshot.metadata,
  }));
