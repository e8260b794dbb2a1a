import { createHash } from "node:crypto";
import type { Image } from "../resources.ts";
import { isoSeconds } from "../times.ts";
import type { World } from "../world.ts";

export type ImageFields = Partial<Omit<Image, "members" | "createdAtMs" | "updatedAtMs">>;

/** A queued image as Glance registers it: `shared` is its default visibility since Ocata. */
export function newImage(world: World, fields: ImageFields): Image {
  return {
    id: fields.id ?? world.newId(),
    name: null,
    status: "queued",
    visibility: "shared",
    projectId: "",
    sizeBytes: null,
    virtualSizeBytes: null,
    checksum: null,
    diskFormat: null,
    containerFormat: null,
    minDiskGib: 0,
    minRamMib: 0,
    protected: false,
    hidden: false,
    data: null,
    inUse: false,
    ...fields,
    tags: [...(fields.tags ?? [])],
    properties: { ...fields.properties },
    stores: [...(fields.stores ?? [])],
    members: new Map(),
    createdAtMs: world.nowMs,
    updatedAtMs: world.nowMs,
  };
}

/** Its data is there: size, checksum and status follow. */
export function activate(
  world: World,
  image: Image,
  data: { sizeBytes: number; text: string },
): void {
  image.status = "active";
  image.stores = world.settings.stores.slice(0, 1);
  image.sizeBytes = data.sizeBytes;
  image.checksum = createHash("md5").update(data.text).digest("hex");
  image.updatedAtMs = world.nowMs;
}

/** As the API shows it: its own fields and, beside them, the properties. */
export function imageBody(image: Image): Record<string, unknown> {
  const self = `/v2/images/${image.id}`;
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.sizeBytes,
    virtual_size: image.virtualSizeBytes,
    status: image.status,
    checksum: image.checksum,
    protected: image.protected,
    min_ram: image.minRamMib,
    min_disk: image.minDiskGib,
    owner: image.projectId,
    os_hidden: image.hidden,
    os_hash_algo: image.checksum === null ? null : "sha512",
    os_hash_value: image.checksum === null ? null : image.checksum.repeat(4),
    id: image.id,
    created_at: isoSeconds(image.createdAtMs),
    updated_at: isoSeconds(image.updatedAtMs),
    tags: image.tags.toSorted(),
    self,
    file: `${self}/file`,
    schema: "/v2/schemas/image",
    ...(image.stores.length > 0 && { stores: image.stores.join(",") }),
  };
}
