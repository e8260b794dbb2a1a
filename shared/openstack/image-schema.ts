import * as z from "zod/mini";
import { MAX_REFERENCES } from "../bounds.ts";
import type { Image } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import { isCloudId } from "../cloud-ids.ts";
import { countIn, flagIn, isRaw, Odd, type Raw, statusIn, textIn, textOf } from "./lenient.ts";
import type { ListedImage } from "./naming-images.ts";
import { utcMs } from "../utc-ms.ts";

/** Fields of Glance's own; all else is a property (Image v2 api-ref). */
const FIELDS = new Set(
  `id name status visibility owner size min_disk min_ram disk_format os_hidden protected tags created_at
   virtual_size container_format updated_at checksum os_hash_algo os_hash_value
   self file schema first direct_url locations stores`.split(/\s+/),
);

/** Any record with an id; `oddFields` names what could not be read. */
export const imageSchema = z.pipe(
  z.looseObject({ id: z.string().check(z.refine(isCloudId, { error: "is no id" })) }),
  z.transform(readImage),
);

function readImage(raw: Raw & { id: string }): Image {
  const odd = new Odd();
  return {
    id: raw.id,
    name: odd.or("name", textIn(raw["name"]), ""),
    status: odd.or("status", statusIn(raw["status"]), "unknown"),
    visibility: odd.or("visibility", statusIn(raw["visibility"]), "unknown"),
    ownerProjectId: ownerOf(raw),
    // IMS leaves `size` empty.
    sizeBytes: odd.or(
      "size",
      countIn((raw["size"] === "" ? null : raw["size"]) ?? raw["__image_size"]),
      null,
    ),
    minDiskGib: odd.or("min_disk", countIn(raw["min_disk"]), null) ?? 0,
    minRamMib: odd.or("min_ram", countIn(raw["min_ram"]), null) ?? 0,
    diskFormat: odd.or("disk_format", textIn(raw["disk_format"]), "") || null,
    containerFormat: odd.or("container_format", textIn(raw["container_format"]), "") || null,
    hidden: odd.or("os_hidden", flagIn(raw["os_hidden"]), false),
    protected: odd.or("protected", flagIn(raw["protected"]), true),
    tags: odd.or("tags", tagsIn(raw["tags"]), []),
    hash: hashOf(raw),
    stores: (storesIn(raw["stores"]) ?? "").split(",").filter((store) => store !== ""),
    storesImporting: storesIn(raw["os_glance_importing_to_stores"]),
    storesFailed: storesIn(raw["os_glance_failed_import"]),
    isImporting: (textIn(raw["os_glance_import_task"]) ?? "") !== "",
    createdAtMs: utcMs(raw["created_at"]),
    updatedAtMs: utcMs(raw["updated_at"]),
    properties: propertiesOf(raw),
    snapshotIds: odd.or(MAPPING, snapshotsNamedBy(raw[MAPPING]), []),
    backupId: isCloudId(raw["__backup_id"]) ? raw["__backup_id"] : null,
    oddFields: odd.fields,
  };
}

/** An entry of a list, whatever it is: its id, its owner, the snapshots that it names, and when it was changed last. */
export const listedImage = z.pipe(
  z.unknown(),
  z.transform((entry): ListedImage => {
    const raw = isRaw(entry) ? entry : {};
    const id = textOf(raw["id"]) ?? "";
    const snapshotIds = isRaw(entry) ? snapshotsNamedBy(raw[MAPPING]) : undefined;
    return {
      references: {
        id: id === "" ? "without an id" : cloudWords(id, 64),
        ownerProjectId: ownerOf(raw),
        snapshotIds: snapshotIds ?? [],
        oddField: snapshotIds !== undefined ? null : isRaw(entry) ? MAPPING : "record",
      },
      updatedAtMs: utcMs(raw["updated_at"]),
    };
  }),
);

function ownerOf(raw: Raw): string | null {
  const owner = textIn(raw["owner"]) ?? "";
  return owner === "" ? null : cloudWords(owner, 64);
}

function hashOf(raw: Raw): string | null {
  const [algorithm, value] = [textIn(raw["os_hash_algo"]), textIn(raw["os_hash_value"])];
  return algorithm && value ? cloudWords(`${algorithm} ${value}`, 300) : null;
}

/** A list with commas (Image v2 api-ref, "Interoperable image import"). */
function storesIn(value: unknown): string | null {
  const text = textIn(value) ?? "";
  return text === "" ? null : cloudWords(text, 255);
}

function tagsIn(tags: unknown): string[] | undefined {
  if (tags == null) return [];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : undefined;
}

function propertiesOf(raw: Raw): Record<string, string> {
  const entries = Object.entries(raw).flatMap(([key, value]) => {
    if (FIELDS.has(key) || key.startsWith("os_glance_") || value == null) return [];
    const text = textOf(value);
    return text === null ? [] : [[key, text] as const];
  });
  return Object.fromEntries(entries);
}

const MAPPING = "block_device_mapping";

/**
 * `block_device_mapping` is a list as JSON text (seen on Zed). Undefined: it holds something else, and may name any
 * snapshot. Reading it as "names none" would let a clean-up delete what the image needs.
 */
function snapshotsNamedBy(mapping: unknown): string[] | undefined {
  if (mapping == null || mapping === "") return [];
  let entries: unknown = mapping;
  try {
    if (typeof mapping === "string") entries = JSON.parse(mapping);
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries) || entries.length > MAX_REFERENCES) return undefined;
  const ids: string[] = [];
  for (const entry of entries) {
    if (!isRaw(entry)) return undefined;
    const id = entry["snapshot_id"];
    if (id == null || id === "") continue;
    if (!isCloudId(id)) return undefined;
    ids.push(id);
  }
  return [...new Set(ids)];
}
