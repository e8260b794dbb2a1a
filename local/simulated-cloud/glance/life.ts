import { refuseId } from "../chosen-image-id.ts";
import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { startDelete } from "../cbr/backups.ts";
import { imsError } from "../ims/errors.ts";
import { isBeingExported } from "../ims/export-image.ts";
import { mayGive, ownImage, shownImage } from "./access.ts";
import { imageBody, newImage } from "./image.ts";

const created = z.catchall(
  z.object({
    id: z.optional(z.guid()),
    name: z.nullish(z.string().check(z.maxLength(255))),
    visibility: z.optional(z.enum(["private", "shared", "community", "public"])),
    disk_format: z.nullish(z.string()),
    container_format: z.nullish(z.string()),
    min_disk: z.optional(z.int().check(z.minimum(0))),
    min_ram: z.optional(z.int().check(z.minimum(0))),
    protected: z.optional(z.boolean()),
    os_hidden: z.optional(z.boolean()),
    tags: z.optional(z.array(z.string().check(z.maxLength(255)))),
  }),
  z.string(),
);

/** GET /v2/info/usage: empty where no limits are set in Keystone. */
export function showUsage(call: Call): Answer {
  const { imageQuota } = call.world.settings;
  const usage = imageQuota === null ? {} : { image_count_total: countOf(call, imageQuota) };
  return { status: 200, body: { usage } };
}

function countOf(call: Call, limit: number): { usage: number; limit: number } {
  const owner = callerOf(call).project.id;
  const own = [...call.zone.images.values()].filter(({ projectId }) => projectId === owner);
  return { usage: own.length, limit };
}

/** @throws Refusal 404 as well for one that the copy of the database has not got yet. */
export function showImage(call: Call): Answer {
  const image = shownImage(call);
  const { nowMs, settings } = call.world;
  if (nowMs < image.createdAtMs + settings.showLagSeconds * 1000)
    throw new Refusal(404, `No image found with ID ${image.id}`);
  return { status: 200, body: imageBody(image) };
}

/** POST /v2/images: registers without data. An id once used is taken for good. */
export function createImageRecord(call: Call): Answer {
  const parsed = created.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Provided object does not match schema 'image'");
  const fields = parsed.data;
  const { id, name, visibility, disk_format, container_format, min_disk, min_ram } = fields;
  const { protected: isProtected, os_hidden, tags, ...properties } = fields;
  for (const known of ["id", "name", "visibility", "disk_format", "container_format"]) {
    delete properties[known];
  }
  for (const known of ["min_disk", "min_ram"]) delete properties[known];
  if (visibility !== undefined) mayGive(call, visibility);
  const { imageQuota } = call.world.settings;
  if (imageQuota !== null && countOf(call, imageQuota).usage >= imageQuota) {
    throw new Refusal(413, `The request returned a 413: image_count_total is over limit`);
  }
  if (id !== undefined) refuseId(call.world);
  if (id !== undefined && (call.zone.images.has(id) || call.zone.deleted.has(id))) {
    throw new Refusal(409, `Image ID ${id} already exists!`);
  }
  const image = newImage(call.world, {
    ...(id === undefined ? {} : { id }),
    name: name ?? null,
    projectId: callerOf(call).project.id,
    visibility: visibility ?? "shared",
    diskFormat: disk_format ?? null,
    containerFormat: container_format ?? null,
    minDiskGib: min_disk ?? 0,
    minRamMib: min_ram ?? 0,
    protected: isProtected ?? false,
    hidden: os_hidden ?? false,
    tags: tags ?? [],
    properties,
  });
  call.world.addImage(call.zone, image);
  const location = `${call.world.baseUrl}/image/${call.zone.name}/v2/images/${image.id}`;
  return { status: 201, headers: { location }, body: imageBody(image) };
}

/** Only the image goes; snapshots that it names stay. */
export function deleteImage(call: Call): Answer {
  const image = ownImage(call);
  if (image.protected) {
    throw new Refusal(403, `Image ${image.id} is protected and cannot be deleted.`);
  }
  if (image.inUse) {
    const reason = "The image cannot be deleted because it has snapshot(s).";
    throw new Refusal(
      409,
      `Image ${image.id} could not be deleted because it is in use: ${reason}`,
    );
  }
  if (isBeingExported(call.world, image.id)) return imsError("IMG.0148");
  if ([...image.members.values()].some(({ times = 1 }) => times > 1)) throw new Refusal(500, "");
  call.world.removeImage(call.zone, image.id);
  deleteItsBackup(call, image.id);
  if (call.world.settings.deletesTravel && call.zone === call.world.firstZone)
    for (const zone of call.world.zones) call.world.removeImage(zone, image.id);
  return { status: 204 };
}

const withBackup = z.looseObject({ delete_backup: z.literal(true) });

/** Of a full-server image of IMS: the backup stays, unless the request asks for its end. */
function deleteItsBackup(call: Call, imageId: string): void {
  if (!withBackup.safeParse(call.body).success) return;
  for (const backup of call.world.backups.values()) {
    const isThere = backup.imageId === imageId && backup.status !== "deleting";
    if (isThere) startDelete(call, backup);
  }
}

export function addTag(call: Call): Answer {
  const image = ownImage(call);
  const tag = call.params["tag"] ?? "";
  if (tag.length > 255) {
    throw new Refusal(400, `Provided object does not match schema 'image': '${tag}' is too long`);
  }
  if (!image.tags.includes(tag)) image.tags.push(tag);
  image.updatedAtMs = call.world.nowMs;
  return { status: 204 };
}

export function removeTag(call: Call): Answer {
  const image = ownImage(call);
  const place = image.tags.indexOf(call.params["tag"] ?? "");
  if (place === -1) throw new Refusal(404, "The resource could not be found.");
  image.tags.splice(place, 1);
  image.updatedAtMs = call.world.nowMs;
  return { status: 204 };
}

/** Deactivate and reactivate: what is so already stays so. */
export function switchTo(status: "deactivated" | "active"): (call: Call) => Answer {
  const verb = status === "active" ? "reactivate" : "deactivate";
  return (call) => {
    const image = ownImage(call);
    if (image.status !== "active" && image.status !== "deactivated") {
      throw new Refusal(403, `Not allowed to ${verb} image in status '${image.status}'`);
    }
    image.status = status;
    return { status: 204 };
  };
}
