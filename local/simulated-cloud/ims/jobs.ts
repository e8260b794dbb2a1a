import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import { isoSeconds } from "../times.ts";
import { imsMessage, type ImsErrorCode } from "./errors.ts";

export type ImsJobType =
  | "imsCreateImageByInstance"
  | "imsCreateWholeImageByInstanceJob"
  | "imsVolumeCreateImageJob"
  | "imsVolumesToSysDataImagesJob"
  | "imsCopyImageInRegionJob"
  | "imsNativeExportImageJob";

/** A job that makes, copies or exports an image. */
export interface ImsJob {
  id: string;
  type: ImsJobType;
  projectId: string;
  status: "INIT" | "RUNNING" | "SUCCESS" | "FAIL";
  imageName: string;
  /** Null: the image's record is not there yet. */
  imageId: string | null;
  errorCode: ImsErrorCode | null;
  /** Of a full-server image. Null: it is none. */
  backup: { vaultId: string; serverId: string } | null;
  beginAtMs: number;
  endAtMs: number | null;
}

/** GET /v1/{project_id}/jobs/{job_id} */
export function showJob(call: Call): Answer {
  const { params, world } = call;
  const { id: projectId } = callerOf(call).project;
  const job = world.imsJobs.get(params["id"] ?? "");
  if (job === undefined || params["project"] !== projectId || job.projectId !== projectId) {
    throw new Refusal(404, "The requested job does not exist.");
  }
  return { status: 200, body: bodyOf(job) };
}

/** The image of a data disk stands with the sub-job for that disk. */
function bodyOf(job: ImsJob): unknown {
  const outcome = {
    status: job.status,
    begin_time: isoSeconds(job.beginAtMs),
    end_time: job.endAtMs === null ? null : isoSeconds(job.endAtMs),
    error_code: job.errorCode,
    fail_reason: job.errorCode === null ? null : imsMessage(job.errorCode),
  };
  const image =
    job.status === "SUCCESS" ? { image_id: job.imageId, image_name: job.imageName } : {};
  const whole = { job_id: job.id, job_type: job.type, ...outcome };
  if (job.type !== "imsVolumesToSysDataImagesJob") return { ...whole, entities: image };
  const subId = `${job.id.slice(0, -1)}s`;
  const part = { job_id: subId, job_type: "imsCopyVolumeToImageJob", ...outcome, entities: image };
  return { ...whole, entities: { sub_jobs_result: [part], sub_jobs_list: [subId] } };
}

/** GET /v1/cloudimages/quota */
export function showQuota(call: Call): Answer {
  const { settings } = call.world;
  if (settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const image = { type: "image", used: usedBy(call), quota: settings.imsQuota, min: 1, max: 1000 };
  return { status: 200, body: { quotas: { resources: [image] } } };
}

/** Private images of the project, and jobs that are to make one. */
export function usedBy(call: Call): number {
  const { world, zone } = call;
  const { id } = callerOf(call).project;
  const images = [...zone.images.values()].filter(({ projectId }) => projectId === id);
  const jobs = [...world.imsJobs.values()].filter(
    (job) => job.projectId === id && job.imageId === null && job.endAtMs === null,
  );
  return images.length + jobs.length;
}
