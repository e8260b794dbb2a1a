import * as z from "zod/mini";
import type { Snapshot, Volume } from "../cloud-ports.ts";
import { isCloudId } from "../cloud-ids.ts";
import { countIn, flagIn, isRaw, Odd, type Raw, statusIn, textIn, textsIn } from "./lenient.ts";
import { utcMs } from "../utc-ms.ts";

// Block Storage v3 api-ref; `volume_type` and all else that is not listed is passed over, so that its
// being an object (K5), a string or null does not matter. v2 has the same fields.

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

/** Of a record without a usable id. No volume or snapshot has it. */
export const NO_ID = "";

/** Any record; `oddFields` names what could not be read. One that is no object at all may be made from anything. */
export const volumeEntry = z.pipe(
  z.unknown(),
  z.transform((entry): Volume => readVolume(entry)),
);
export const snapshotEntry = z.pipe(
  z.unknown(),
  z.transform((entry): Snapshot => readSnapshot(entry)),
);

const withId = z.looseObject({ id: z.string().check(z.refine(isCloudId, { error: "is no id" })) });
export const volumeSchema = z.pipe(
  withId,
  z.transform((raw): Volume => readVolume(raw)),
);
export const snapshotSchema = z.pipe(
  withId,
  z.transform((raw): Snapshot => readSnapshot(raw)),
);

function readVolume(entry: unknown): Volume {
  const odd = new Odd();
  const raw = rawOf(entry, odd);
  const imageMetadata = odd.or("volume_image_metadata", textsIn(raw["volume_image_metadata"]), {});
  return {
    id: odd.or("id", idIn(raw["id"]), NO_ID),
    name: odd.or("name", textIn(raw["name"]), ""),
    status: odd.or("status", statusIn(raw["status"]), "unknown"),
    sizeGib: odd.or("size", countIn(raw["size"]), 0) ?? 0,
    bootable: odd.or("bootable", flagIn(raw["bootable"]), false),
    snapshotId: odd.or("snapshot_id", referenceIn(raw["snapshot_id"]), null),
    imageId: imageMetadata["image_id"] ?? null,
    attachments: odd.or("attachments", attachmentsIn(raw["attachments"]), []),
    projectId: idIn(raw["os-vol-tenant-attr:tenant_id"]) ?? null,
    metadata: odd.or("metadata", textsIn(raw["metadata"]), {}),
    imageProperties: Object.fromEntries(
      Object.entries(imageMetadata).filter(([key]) => !NOT_INHERITED.has(key)),
    ),
    updatedAt: textIn(raw["updated_at"]) || null,
    oddFields: odd.fields,
  };
}

function readSnapshot(entry: unknown): Snapshot {
  const odd = new Odd();
  const raw = rawOf(entry, odd);
  return {
    id: odd.or("id", idIn(raw["id"]), NO_ID),
    name: odd.or("name", textIn(raw["name"]), ""),
    volumeId: odd.or("volume_id", textIn(raw["volume_id"]), ""),
    status: odd.or("status", statusIn(raw["status"]), "unknown"),
    sizeGib: odd.or("size", countIn(raw["size"]), 0) ?? 0,
    createdAtMs: utcMs(raw["created_at"]),
    metadata: odd.or("metadata", textsIn(raw["metadata"]), {}),
    oddFields: odd.fields,
  };
}

function rawOf(entry: unknown, odd: Odd): Raw {
  return odd.or("record", isRaw(entry) ? entry : undefined, {});
}

function idIn(value: unknown): string | undefined {
  return isCloudId(value) ? value : undefined;
}

function referenceIn(value: unknown): string | null | undefined {
  return value == null || value === "" ? null : idIn(value);
}

/** One attached to a host has no server. */
function attachmentsIn(value: unknown): Volume["attachments"] | undefined {
  if (value == null) return [];
  if (!Array.isArray(value)) return undefined;
  const attachments: Volume["attachments"] = [];
  for (const entry of value) {
    if (!isRaw(entry)) return undefined;
    const server = referenceIn(entry["server_id"]);
    if (server === undefined) return undefined;
    if (server !== null)
      attachments.push({ serverId: server, device: textIn(entry["device"]) || null });
  }
  return attachments;
}
