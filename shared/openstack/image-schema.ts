import * as z from "zod/mini";
import type { Image } from "../cloud-ports.ts";
import { utcMs } from "./time.ts";

/** Fields of Glance's own beside the ones read below; all else is a property (Image v2 api-ref). */
const OTHER_FIELDS = new Set(
  `virtual_size container_format updated_at checksum os_hash_algo os_hash_value
   self file schema first direct_url locations stores`.split(/\s+/),
);

const fields = z.looseObject({
  id: z.string(),
  name: z.nullish(z.string()),
  status: z.string(),
  visibility: z.string(),
  owner: z.nullish(z.string()),
  size: z.nullish(z.number()),
  min_disk: z._default(z.number(), 0),
  min_ram: z._default(z.number(), 0),
  disk_format: z.nullish(z.string()),
  /** From v2.7. */
  os_hidden: z._default(z.boolean(), false),
  protected: z._default(z.boolean(), false),
  tags: z._default(z.array(z.string()), []),
  created_at: z.string(),
});

export const imageSchema = z.pipe(
  fields,
  z.transform((image, context): Image => {
    const properties = propertiesOf(image);
    const snapshotIds = snapshotsNamedBy(image["block_device_mapping"]);
    if (snapshotIds === null) {
      // Reading it as "names none" would let a clean-up delete what the image needs.
      const message = `block_device_mapping of image ${image.id} cannot be read`;
      context.issues.push({ code: "custom", message, input: image });
      return z.NEVER;
    }
    return {
      id: image.id,
      name: image.name ?? "",
      status: image.status,
      visibility: image.visibility,
      ownerProjectId: image.owner ?? null,
      sizeBytes: image.size ?? null,
      minDiskGib: image.min_disk,
      minRamMib: image.min_ram,
      diskFormat: image.disk_format ?? null,
      hidden: image.os_hidden,
      protected: image.protected,
      tags: image.tags,
      createdAtMs: utcMs(image.created_at),
      properties,
      snapshotIds,
    };
  }),
);

function propertiesOf(image: z.infer<typeof fields>): Record<string, string> {
  const entries = Object.entries(image).flatMap(([key, value]) => {
    const isField = key in fields.shape || OTHER_FIELDS.has(key) || key.startsWith("os_glance_");
    if (isField || value == null) return [];
    return [[key, typeof value === "string" ? value : JSON.stringify(value)] as const];
  });
  return Object.fromEntries(entries);
}

const mappingSchema = z.array(z.looseObject({ snapshot_id: z.nullish(z.string()) }));

/** `block_device_mapping` is a list as JSON text (seen on Zed). Null: it is there and no such thing. */
function snapshotsNamedBy(mapping: unknown): string[] | null {
  if (mapping == null || mapping === "") return [];
  try {
    const entries = mappingSchema.parse(
      typeof mapping === "string" ? JSON.parse(mapping) : mapping,
    );
    return entries.flatMap((entry) => (entry.snapshot_id ? [entry.snapshot_id] : []));
  } catch {
    return null;
  }
}
