import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Zone } from "../resources.ts";
import { isoSeconds } from "../times.ts";
import { imsMessage, type ImsErrorCode } from "./errors.ts";

export type ImsJobType =
  | "imsCreateImageByInstance"
  | "imsCreateWholeImageByInstanceJob"
  | "imsVolumeCreateImageJob"
  | "imsVolumesToSysDataImagesJob"
  | "imsCopyImageInRegionJob"
  /** The vendor's document does not tell the name of this type. */
  | "imsCopyImageCrossRegionJob"
  | "imsNativeExportImageJob";

/** A job that makes, copies or exports an image. */
export interface ImsJob {
  id: string;
  type: ImsJobType;
  projectId: string;
  /** Whose IMS was asked. The others do not know the job. */
  zone: Zone;
  /** Where its images are. */
  imageZone: Zone;
  status: "INIT" | "RUNNING" | "SUCCESS" | "FAIL";
  /** What it makes: an image, or one of each data disk. */
  parts: ImsPart[];
  /** Of a full-server image. Null: it is none. */
  backup: { vaultId: string; serverId: string } | null;
  beginAtMs: number;
  endAtMs: number | null;
}

/** One image of a job. */
export interface ImsPart {
  imageName: string;
  /** Null: the image's record is not there yet. */
  imageId: string | null;
  status: ImsJob["status"];
  errorCode: ImsErrorCode | null;
}

/** GET /v1/{project_id}/jobs/{job_id} */
export function showJob(call: Call): Answer {
  const { params, world, zone } = call;
  const { id: projectId } = callerOf(call).project;
  const job = world.imsJobs.get(params["id"] ?? "");
  const isOwn = params["project"] === projectId && job?.projectId === projectId;
  if (job?.zone !== zone || !isOwn) {
    throw new Refusal(404, "The requested job does not exist.");
  }
  return { status: 200, body: bodyOf(job) };
}

/** The image of a data disk stands with the sub-job for that disk. */
function bodyOf(job: ImsJob): unknown {
  const errorCode = job.parts.find((part) => part.errorCode !== null)?.errorCode ?? null;
  const whole = { job_id: job.id, job_type: job.type, ...outcomeOf(job, job.status, errorCode) };
  const [only] = job.parts;
  if (job.type !== "imsVolumesToSysDataImagesJob") return { ...whole, entities: imageOf(only) };
  const subIds = job.parts.map((_, n) => `${job.id.slice(0, -1)}${"stuvwxyz"[n] ?? n}`);
  const results = job.parts.map((part, n) => ({
    job_id: subIds[n],
    job_type: "imsCopyVolumeToImageJob",
    ...outcomeOf(job, part.status, part.errorCode),
    entities: imageOf(part),
  }));
  return { ...whole, entities: { sub_jobs_result: results, sub_jobs_list: subIds } };
}

function outcomeOf(job: ImsJob, status: ImsJob["status"], errorCode: ImsErrorCode | null) {
  return {
    status,
    begin_time: isoSeconds(job.beginAtMs),
    end_time: job.endAtMs === null ? null : isoSeconds(job.endAtMs),
    error_code: errorCode,
    fail_reason: errorCode === null ? null : imsMessage(errorCode),
  };
}

function imageOf(part: ImsPart | undefined): unknown {
  return part?.status === "SUCCESS" ? { image_id: part.imageId, image_name: part.imageName } : {};
}

/** GET /v1/cloudimages/quota */
export function showQuota(call: Call): Answer {
  const { settings } = call.world;
  if (settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const image = { type: "image", used: usedBy(call), quota: settings.imsQuota, min: 1, max: 1000 };
  return { status: 200, body: { quotas: { resources: [image] } } };
}

/** Private images of the project in the zone of the call, and jobs that are to make one there. */
export function usedBy(call: Call): number {
  const { world, zone } = call;
  const { id } = callerOf(call).project;
  const images = [...zone.images.values()].filter(({ projectId }) => projectId === id);
  const begun = [...world.imsJobs.values()]
    .filter((job) => job.projectId === id && job.imageZone === zone && job.endAtMs === null)
    .flatMap(({ parts }) => parts.filter(({ imageId }) => imageId === null));
  return images.length + begun.length;
}
