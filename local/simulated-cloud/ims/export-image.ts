import * as z from "zod/mini";
import { type Answer, Refusal } from "../answers.ts";
import { callerOf, effectOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { imsError, type ImsErrorCode } from "./errors.ts";
import type { ImsJob, ImsPart } from "./jobs.ts";

/** A file in a bucket of OBS. */
export interface ExportedFile {
  imageId: string;
  format: string;
}

const body = z.union([
  z.looseObject({
    bucket_url: z.string(),
    is_quick_export: z.literal(true),
    file_format: z.optional(z.undefined()),
  }),
  z.looseObject({ bucket_url: z.string(), file_format: z.string() }),
]);

const FORMATS = ["qcow2", "vhd", "zvhd", "vmdk"];
const FILE_NAME = /^[A-Za-z0-9._-]([A-Za-z0-9._ -]{0,126}[A-Za-z0-9._-])?$/;

/** POST /v1/cloudimages/{id}/file: 200 with a job. The file is in the bucket once the job has ended. */
export function exportImage(call: Call): Answer {
  const { world, zone, params } = call;
  if (world.settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const parsed = body.safeParse(call.body);
  if (!parsed.success) return imsError("IMG.0001");
  const image = zone.images.get(params["id"] ?? "");
  if (image?.projectId !== callerOf(call).project.id) return imsError("IMG.0144");
  const format = "file_format" in parsed.data ? (parsed.data.file_format ?? null) : null;
  const [bucket = "", ...rest] = parsed.data.bucket_url.split(":");
  const name = rest.join(":");
  const refused =
    imageProblem(call, image) ??
    (format === null || FORMATS.includes(format) ? fileProblem(call, bucket, name) : "IMG.0072");
  if (refused !== null) return imsError(refused);
  const part: ImsPart = {
    imageName: image.name ?? "",
    imageId: image.id,
    status: "RUNNING",
    errorCode: null,
  };
  const job: ImsJob = {
    id: world.newId().replaceAll("-", ""),
    type: "imsNativeExportImageJob",
    projectId: image.projectId,
    zone,
    imageZone: zone,
    status: "RUNNING",
    parts: [part],
    backup: null,
    beginAtMs: world.nowMs,
    endAtMs: null,
  };
  world.imsJobs.set(job.id, job);
  world.after(world.settings.exportSeconds(image.id), () => {
    const isFailed = effectOf(call, "export-fails") !== undefined;
    if (!isFailed)
      world.buckets.get(bucket)?.set(name, { imageId: image.id, format: format ?? "zvhd2" });
    part.status = isFailed ? "FAIL" : "SUCCESS";
    part.errorCode = isFailed ? "IMG.0014" : null;
    job.status = part.status;
    job.endAtMs = world.nowMs;
  });
  return { status: 200, body: { job_id: job.id } };
}

/** Images that IMS has made are marked so. */
function imageProblem({ world }: Call, image: Image): ImsErrorCode | null {
  if (image.properties["__whole_image"] === "true") return "IMG.0130";
  if (image.status !== "active" || image.properties["__imagetype"] !== "private") return "IMG.0071";
  return isBeingExported(world, image.id) ? "IMG.0148" : null;
}

function fileProblem({ world }: Call, bucket: string, name: string): ImsErrorCode | null {
  if (bucket === "") return "IMG.0068";
  if (name === "") return "IMG.0073";
  if (!FILE_NAME.test(name)) return "IMG.0075";
  const files = world.buckets.get(bucket);
  if (files === undefined) return "IMG.0069";
  return files.has(name) ? "IMG.0070" : null;
}

export function isBeingExported({ imsJobs }: Call["world"], imageId: string): boolean {
  return [...imsJobs.values()].some(
    ({ type, parts, endAtMs }) =>
      type === "imsNativeExportImageJob" && parts[0]?.imageId === imageId && endAtMs === null,
  );
}
