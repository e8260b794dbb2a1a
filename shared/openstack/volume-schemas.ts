import * as z from "zod/mini";
import type { Snapshot, Volume } from "../cloud-ports.ts";
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

export const volumeSchema = z.pipe(
  z.object({
    id: z.string(),
    name: z.nullish(z.string()),
    status: z.string(),
    size: z.number(),
    /** `"true"` or `"false"`: text. */
    bootable: z.nullish(z.union([z.string(), z.boolean()])),
    snapshot_id: z.nullish(z.string()),
    attachments: z._default(
      z.array(z.object({ server_id: z.nullish(z.string()), device: z.nullish(z.string()) })),
      [],
    ),
    "os-vol-tenant-attr:tenant_id": z.nullish(z.string()),
    metadata: z._default(strings, {}),
    volume_image_metadata: z._default(strings, {}),
  }),
  z.transform((volume): Volume => ({
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
  })),
);

export const snapshotSchema = z.pipe(
  z.object({
    id: z.string(),
    name: z.nullish(z.string()),
    volume_id: z.string(),
    status: z.string(),
    size: z.number(),
    created_at: z.string(),
    metadata: z._default(strings, {}),
  }),
  z.transform((snapshot): Snapshot => ({
    id: snapshot.id,
    name: snapshot.name ?? "",
    volumeId: snapshot.volume_id,
    status: snapshot.status,
    sizeGib: snapshot.size,
    createdAtMs: utcMs(snapshot.created_at),
    metadata: snapshot.metadata,
  })),
);
