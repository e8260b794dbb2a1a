import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { newImage } from "../glance/image.ts";
import { addBackup, removeBackup } from "../cbr/backups.ts";
import { vaultRefusal } from "../cbr/vaults.ts";
import type { Backup, Image, Server } from "../resources.ts";
import { startUpload, type UploadEnd } from "../uploads.ts";
import { imsError, type ImsErrorCode } from "./errors.ts";
import { type ImsJob, type ImsJobType, type ImsPart, usedBy } from "./jobs.ts";

const IMAGE_BYTES = 2_490_368;

const PROPERTIES = { __imagetype: "private", __isregistered: "true", __platform: "Debian" };
/** By these, IMS tells images of data disks from those that servers boot. */
const DATA_DISK = { virtual_env_type: "DataImage" };

const dataImage = z.looseObject({ name: z.optional(z.string()), volume_id: z.string() });
const body = z.looseObject({
  name: z.optional(z.string()),
  instance_id: z.optional(z.string()),
  volume_id: z.optional(z.string()),
  vault_id: z.optional(z.string()),
  os_version: z.optional(z.string()),
  data_images: z.optional(z.array(dataImage)),
});

/** POST /v2/cloudimages/action with the id of a server or volume: 200 with a job, whatever becomes of the image. */
export function createImage(call: Call): Answer {
  return start(call, (request) => asked(call, request));
}

/** POST /v1/cloudimages/wholeimages/action with the ids of a server and of a vault: likewise. */
export function createWholeImage(call: Call): Answer {
  return start(call, ({ name, instance_id: serverId = "", vault_id: vaultId = "" }) => ({
    type: "imsCreateWholeImageByInstanceJob",
    names: [name],
    problem: serverProblem(call, serverId) ?? vaultRefusal(call, vaultId, serverId),
    backup: { vaultId, serverId },
  }));
}

function start(call: Call, read: (request: z.infer<typeof body>) => Asked): Answer {
  const { world } = call;
  if (world.settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const parsed = body.safeParse(call.body);
  if (!parsed.success) return imsError("IMG.0001");
  const { type, names, problem, backup = null } = read(parsed.data);
  const refused = names.map((name) => nameProblem(call, name)).find((code) => code !== null);
  const isDouble = new Set(names).size < names.length;
  const code = refused ?? (isDouble ? "IMG.0009" : problem);
  if (code !== null) return imsError(code);
  if (usedBy(call) + names.length > world.settings.imsQuota) return imsError("IMG.0015");
  const job = newJob(call, { type, names, backup });
  // The names are taken from now on. The images' records come a while later.
  const properties = { ...PROPERTIES, ...(isData(job) ? DATA_DISK : {}) };
  world.after(world.settings.captureSeconds, () => beginImages(call, job, properties));
  return { status: 200, body: { job_id: job.id } };
}

/**
 * A job for images that are not there yet.
 * @param is `imageZone`: the zone of the call, unless told otherwise.
 */
export function newJob(
  call: Call,
  is: Pick<ImsJob, "type" | "backup"> & Partial<Pick<ImsJob, "imageZone">> & Pick<Asked, "names">,
): ImsJob {
  const { world, zone } = call;
  const { type, names, backup, imageZone = zone } = is;
  const job: ImsJob = {
    id: world.newId().replaceAll("-", ""),
    type,
    projectId: callerOf(call).project.id,
    zone,
    imageZone,
    status: "INIT",
    parts: names.map((name = "") => ({
      imageName: name,
      imageId: null,
      status: "INIT",
      errorCode: null,
    })),
    backup,
    beginAtMs: world.nowMs,
    endAtMs: null,
  };
  world.imsJobs.set(job.id, job);
  return job;
}

interface Asked {
  type: ImsJobType;
  /** Of the images that it makes. */
  names: Array<string | undefined>;
  problem: ImsErrorCode | null;
  backup?: NonNullable<ImsJob["backup"]>;
}

/** `data_images` alone says which image; with the id of a server it is refused. */
function asked(call: Call, request: z.infer<typeof body>): Asked {
  const { name, instance_id: serverId, volume_id: volumeId, os_version: system } = request;
  const disks = request.data_images ?? [];
  if (disks.length > 0) {
    const ids = disks.map(({ volume_id: id }) => id);
    const problem = serverId === undefined ? volumesProblem(call, ids) : "IMG.0001";
    return { type: "imsVolumesToSysDataImagesJob", names: disks.map((each) => each.name), problem };
  }
  if (volumeId !== undefined) {
    const problem = system ? volumeProblem(call, volumeId) : "IMG.0001";
    return { type: "imsVolumeCreateImageJob", names: [name], problem };
  }
  return {
    type: "imsCreateImageByInstance",
    names: [name],
    problem: serverProblem(call, serverId),
  };
}

function volumesProblem(call: Call, ids: string[]): ImsErrorCode | null {
  const unfit = ids.map((id) => volumeProblem(call, id)).find((code) => code !== null);
  if (unfit !== undefined) return unfit;
  const servers = ids.map((id) => call.world.volumes.get(id)?.attachments[0]?.serverId);
  return new Set(servers).size > 1 ? "IMG.0140" : null;
}

function volumeProblem(call: Call, id: string): ImsErrorCode | null {
  const volume = call.world.volumes.get(id);
  const isOwn = volume?.projectId === callerOf(call).project.id;
  if (volume === undefined || !isOwn || volume.status.startsWith("error")) return "IMG.0120";
  return ["available", "in-use"].includes(volume.status) ? null : "IMG.0022";
}

/** Of a name in the zone of the call. */
export function nameProblem(call: Call, name: string | undefined): ImsErrorCode | null {
  if (name === undefined || name === "") return "IMG.0013";
  if (Array.from(name).length > 128) return "IMG.0002";
  if (name.trim() !== name || /[\p{Cc}]/u.test(name)) return "IMG.0003";
  const { world, zone } = call;
  const { id } = callerOf(call).project;
  const isTaken =
    [...zone.images.values()].some((image) => image.projectId === id && image.name === name) ||
    [...world.imsJobs.values()].some(
      ({ parts, imageZone, endAtMs }) =>
        imageZone === zone && endAtMs === null && parts.some(({ imageName }) => imageName === name),
    );
  return isTaken ? "IMG.0009" : null;
}

function serverProblem(call: Call, id: string | undefined): ImsErrorCode | null {
  if (id === undefined || id === "") return "IMG.0012";
  const server: Server | undefined = call.world.servers.get(id);
  if (server === undefined || server.projectId !== callerOf(call).project.id) return "IMG.0005";
  if (server.vmState === "error") return "IMG.0006";
  if (server.taskState !== null) return "IMG.0010";
  return call.world.settings.imsNeedsStopped && server.vmState !== "stopped" ? "IMG.0008" : null;
}

function isData({ type }: ImsJob): boolean {
  return type === "imsVolumesToSysDataImagesJob";
}

export function beginImages(call: Call, job: ImsJob, properties: Record<string, string>): void {
  job.status = "RUNNING";
  // What is to go wrong goes wrong with one of the images.
  const unlucky = job.parts[Number.parseInt(job.id.slice(0, 4), 16) % job.parts.length];
  for (const part of job.parts)
    beginPart(part === unlucky ? call : { ...call, effects: [] }, job, { part, properties });
}

function beginPart(
  call: Call,
  job: ImsJob,
  { part, properties }: { part: ImsPart; properties: Record<string, string> },
): void {
  const { world } = call;
  const { imageZone: zone } = job;
  const image = newImage(world, {
    name: part.imageName,
    visibility: "private",
    projectId: job.projectId,
    diskFormat: "zvhd2",
    containerFormat: "bare",
    minDiskGib: 40,
    properties: { ...properties },
  });
  world.addImage(zone, image);
  const backup = job.backup === null ? null : backUp(call, job.backup, image);
  part.imageId = image.id;
  part.status = "RUNNING";
  const end = (errorCode: ImsErrorCode | null): void => {
    part.status = errorCode === null ? "SUCCESS" : "FAIL";
    part.errorCode = errorCode;
    if (job.parts.some(({ status }) => status === "RUNNING")) return;
    job.status = job.parts.every(({ status }) => status === "SUCCESS") ? "SUCCESS" : "FAIL";
    job.endAtMs = world.nowMs;
  };
  startUpload(call, {
    zone,
    imageId: image.id,
    sizeBytes: IMAGE_BYTES,
    startsInSeconds: world.settings.queuedSeconds,
    queuedAgainSeconds: 0,
    whenActive: () => {
      // "size" is not used by IMS.
      image.sizeBytes = null;
      image.properties["__image_size"] = String(IMAGE_BYTES);
    },
    ended: (how) => {
      if (backup !== null) backupEnds(call, backup, how);
      end(how === "done" ? null : "IMG.0014");
    },
  });
}

/** The image names its backup from the beginning. */
function backUp(call: Call, place: NonNullable<ImsJob["backup"]>, image: Image): Backup {
  const { world } = call;
  const vault = world.vaults.get(place.vaultId);
  if (vault !== undefined && !vault.serverIds.includes(place.serverId))
    vault.serverIds.push(place.serverId);
  const { projectId, id: imageId } = image;
  const backup = addBackup(world, { ...place, projectId, imageId });
  image.properties["__whole_image"] = "true";
  image.properties["__backup_id"] = backup.id;
  return backup;
}

/** The vendor does not say what becomes of the backup of a failed job. Here it goes, unless the image stays. */
function backupEnds({ world }: Call, backup: Backup, how: UploadEnd): void {
  const isLeft = world.firstZone.images.has(backup.imageId);
  if (how !== "done" && !isLeft) return removeBackup(world, backup.id);
  world.after(world.settings.backupSeconds, () => {
    if (backup.status === "protecting") backup.status = "available";
  });
}
