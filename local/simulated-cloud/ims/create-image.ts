import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { newImage } from "../glance/image.ts";
import { addBackup, removeBackup } from "../cbr/backups.ts";
import { vaultRefusal } from "../cbr/vaults.ts";
import type { Backup, Image, Server } from "../resources.ts";
import { startUpload, type UploadEnd } from "../uploads.ts";
import { imsError, type ImsErrorCode } from "./errors.ts";
import { type ImsJob, type ImsJobType, usedBy } from "./jobs.ts";

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
  data_images: z.optional(z.tuple([dataImage])),
});

/** POST /v2/cloudimages/action with the id of a server or volume: 200 with a job, whatever becomes of the image. */
export function createImage(call: Call): Answer {
  return start(call, (request) => asked(call, request));
}

/** POST /v1/cloudimages/wholeimages/action with the ids of a server and of a vault: likewise. */
export function createWholeImage(call: Call): Answer {
  return start(call, ({ name, instance_id: serverId = "", vault_id: vaultId = "" }) => ({
    type: "imsCreateWholeImageByInstanceJob",
    name,
    problem: serverProblem(call, serverId) ?? vaultRefusal(call, vaultId, serverId),
    backup: { vaultId, serverId },
  }));
}

function start(call: Call, read: (request: z.infer<typeof body>) => Asked): Answer {
  const { world } = call;
  if (world.settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const parsed = body.safeParse(call.body);
  if (!parsed.success) return imsError("IMG.0001");
  const { type, name, problem, backup = null } = read(parsed.data);
  const refused = nameProblem(call, name) ?? problem;
  if (refused !== null) return imsError(refused);
  if (usedBy(call) >= world.settings.imsQuota) return imsError("IMG.0015");
  const job = newJob(call, { type, name, backup });
  // The name is taken from now on. The image's record comes a while later.
  const properties = { ...PROPERTIES, ...(isData(job) ? DATA_DISK : {}) };
  world.after(world.settings.captureSeconds, () => beginImage(call, job, properties));
  return { status: 200, body: { job_id: job.id } };
}

/** A job for an image that is not there yet. */
export function newJob(
  call: Call,
  { type, name, backup }: Pick<ImsJob, "type" | "backup"> & { name: string | undefined },
): ImsJob {
  const { world } = call;
  const job: ImsJob = {
    id: world.newId().replaceAll("-", ""),
    type,
    projectId: callerOf(call).project.id,
    status: "INIT",
    imageName: name ?? "",
    imageId: null,
    errorCode: null,
    backup,
    beginAtMs: world.nowMs,
    endAtMs: null,
  };
  world.imsJobs.set(job.id, job);
  return job;
}

interface Asked {
  type: ImsJobType;
  name: string | undefined;
  problem: ImsErrorCode | null;
  backup?: NonNullable<ImsJob["backup"]>;
}

/** `data_images` alone says which image; with the id of a server it is refused. */
function asked(call: Call, request: z.infer<typeof body>): Asked {
  const { name, instance_id: serverId, volume_id: volumeId, os_version: system } = request;
  const [disk] = request.data_images ?? [];
  if (disk !== undefined) {
    const problem = serverId === undefined ? volumeProblem(call, disk.volume_id) : "IMG.0001";
    return { type: "imsVolumesToSysDataImagesJob", name: disk.name, problem };
  }
  if (volumeId !== undefined) {
    const problem = system ? volumeProblem(call, volumeId) : "IMG.0001";
    return { type: "imsVolumeCreateImageJob", name, problem };
  }
  return { type: "imsCreateImageByInstance", name, problem: serverProblem(call, serverId) };
}

function volumeProblem(call: Call, id: string): ImsErrorCode | null {
  const volume = call.world.volumes.get(id);
  const isOwn = volume?.projectId === callerOf(call).project.id;
  if (volume === undefined || !isOwn || volume.status.startsWith("error")) return "IMG.0120";
  return ["available", "in-use"].includes(volume.status) ? null : "IMG.0022";
}

export function nameProblem(call: Call, name: string | undefined): ImsErrorCode | null {
  if (name === undefined || name === "") return "IMG.0013";
  if (Array.from(name).length > 128) return "IMG.0002";
  if (name.trim() !== name || /[\p{Cc}]/u.test(name)) return "IMG.0003";
  const { world, zone } = call;
  const { id } = callerOf(call).project;
  const isTaken =
    [...zone.images.values()].some((image) => image.projectId === id && image.name === name) ||
    [...world.imsJobs.values()].some((job) => job.imageName === name && job.endAtMs === null);
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

export function beginImage(call: Call, job: ImsJob, properties: Record<string, string>): void {
  const { world } = call;
  const image = newImage(world, {
    name: job.imageName,
    visibility: "private",
    projectId: job.projectId,
    diskFormat: "zvhd2",
    containerFormat: "bare",
    minDiskGib: 40,
    properties: { ...properties },
  });
  world.addImage(world.firstZone, image);
  const backup = job.backup === null ? null : backUp(call, job.backup, image);
  job.imageId = image.id;
  job.status = "RUNNING";
  const end = (errorCode: ImsErrorCode | null): void => {
    job.status = errorCode === null ? "SUCCESS" : "FAIL";
    job.errorCode = errorCode;
    job.endAtMs = world.nowMs;
  };
  startUpload(call, {
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
