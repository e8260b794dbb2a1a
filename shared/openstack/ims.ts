import * as z from "zod/mini";
import type { ImageQuota } from "../cloud-quotas.ts";
import { segment } from "../cloud-ids.ts";
import type { ExportFile, FarCopy, ImageJob, ImageJobs, JobSource } from "../image-jobs.ts";
import { cloudWords } from "../plain-text.ts";
import { imsMeaning } from "./ims-errors.ts";
import { orNull, type Service } from "./service.ts";

const startedSchema = z.object({ job_id: z.string().check(z.minLength(1)) });
const outcome = {
  error_code: z.nullish(z.string()),
  fail_reason: z.nullish(z.string()),
};
const made = { image_id: z.nullish(z.string()), image_name: z.nullish(z.string()) };
/** A job for data disks has one sub-job for each disk, and the image is told there. */
const subJob = z.object({
  ...outcome,
  status: z.nullish(z.string()),
  entities: z.nullish(z.object(made)),
});
const jobSchema = z.object({
  ...outcome,
  status: z.string(),
  entities: z.nullish(z.object({ ...made, sub_jobs_result: z.nullish(z.array(subJob)) })),
});
const quotaSchema = z.object({
  quotas: z.object({
    resources: z.array(z.object({ type: z.string(), used: z.number(), quota: z.number() })),
  }),
});

/**
 * Image Management Service. Its own calls stand beside the image API of OpenStack, at the same endpoint.
 * Source: Image Management Service API reference, "Creating an Image", "Exporting an Image", "Replicating an Image
 * Within a Region", "Replicating an Image Across Regions" (Huawei Cloud alone), "Querying the Status of an Asynchronous Job", "Querying the Image Quota".
 */
export class Ims implements ImageJobs {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async createImage(source: JobSource, name: string): Promise<{ jobId: string }> {
    const path = pathOf(source);
    return this.#start({ operation: "createImageByJob", path, body: bodyOf(source, name) });
  }

  async copyImage(
    imageId: string,
    { name, cmkId }: { name: string; cmkId: string },
  ): Promise<{ jobId: string }> {
    const path = `/../v1/cloudimages/${segment(imageId)}/copy`;
    return this.#start({ operation: "copyImageByJob", path, body: { name, cmk_id: cmkId } });
  }

  async copyToRegion(
    imageId: string,
    { name, region, projectName, agencyName }: FarCopy,
  ): Promise<{ jobId: string }> {
    const path = `/../v1/cloudimages/${segment(imageId)}/cross_region_copy`;
    const body = { name, region, project_name: projectName, agency_name: agencyName };
    return this.#start({ operation: "copyImageToRegion", path, body });
  }

  async exportImage(
    imageId: string,
    { bucket, name, format }: ExportFile,
  ): Promise<{ jobId: string }> {
    // The fast export takes no format: it writes ZVHD2.
    const way = format === "zvhd2" ? { is_quick_export: true } : { file_format: format };
    const path = `/../v1/cloudimages/${segment(imageId)}/file`;
    const body = { bucket_url: `${bucket}:${name}`, ...way };
    return this.#start({ operation: "exportImage", path, body });
  }

  async #start({ body, ...is }: { operation: string; path: string; body: unknown }) {
    const call = { ...is, effect: "once", method: "POST", body: () => body } as const;
    const answer = await this.#service.send(call);
    return { jobId: answer.read(startedSchema).job_id };
  }

  job(id: string): Promise<ImageJob | null> {
    return orNull(this.#job(id));
  }

  async #job(id: string): Promise<ImageJob> {
    const projectId = await this.#service.projectId();
    const answer = await this.#get("showJob", `${projectId}/jobs/${encodeURIComponent(id)}`);
    const job = answer.read(jobSchema);
    const parts = job.entities?.sub_jobs_result ?? [];
    const failed = parts.find(({ status }) => status === "FAIL");
    const told = failed ?? parts[0];
    const code = job.error_code || told?.error_code;
    const reason = job.fail_reason || told?.fail_reason;
    return {
      // The document does not say what the whole job shows if one of its parts has failed.
      status: job.status === "SUCCESS" && failed ? "FAIL" : cloudWords(job.status, 64),
      imageId: job.entities?.image_id || parts[0]?.entities?.image_id || null,
      diskImages: parts.flatMap(({ entities }) =>
        entities?.image_id && entities.image_name
          ? [{ id: entities.image_id, name: entities.image_name }]
          : [],
      ),
      errorCode: code ? cloudWords(code, 64) : null,
      meaning: code ? imsMeaning(code) : null,
      failReason: reason ? cloudWords(reason, 300) : null,
    };
  }

  async quota(): Promise<ImageQuota> {
    const answer = await this.#get("showQuota", "cloudimages/quota");
    const { resources } = answer.read(quotaSchema).quotas;
    const images = resources.find(({ type }) => type === "image");
    return {
      images: images === undefined ? null : { used: images.used, limit: images.quota },
      sizeMib: null,
    };
  }

  /** These calls are in version 1; the endpoint ends with `/v2`. */
  #get(operation: string, path: string) {
    return this.#service.send({ operation, effect: "read", method: "GET", path: `/../v1/${path}` });
  }
}

/** Of a whole server, the call is in version 1. Source: "Creating a Full-ECS Image". */
function pathOf({ kind }: JobSource): string {
  return kind === "full-server" ? "/../v1/cloudimages/wholeimages/action" : "/cloudimages/action";
}

/** The name of a data disk's image stands with the disk: one at the top plays no part. */
function bodyOf(source: JobSource, name: string): unknown {
  switch (source.kind) {
    case "system-disk":
      return { name, instance_id: source.serverId };
    case "full-server":
      return { name, instance_id: source.serverId, vault_id: source.vaultId };
    case "data-disk":
      return { data_images: [{ name, volume_id: source.volumeId }] };
    case "data-disks":
      return {
        data_images: source.disks.map((disk) => ({ name: disk.name, volume_id: disk.volumeId })),
      };
    case "system-from-data-disk":
      return { name, volume_id: source.volumeId, os_version: source.osVersion, type: "ECS" };
  }
}
