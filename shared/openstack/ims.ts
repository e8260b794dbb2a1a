import * as z from "zod/mini";
import type { ImageQuota } from "../cloud-quotas.ts";
import type { ImageJob, ImageJobs } from "../image-jobs.ts";
import { cloudWords } from "../plain-text.ts";
import { imsMeaning } from "./ims-errors.ts";
import { orNull, type Service } from "./service.ts";

const startedSchema = z.object({ job_id: z.string().check(z.minLength(1)) });
const jobSchema = z.object({
  status: z.string(),
  error_code: z.nullish(z.string()),
  fail_reason: z.nullish(z.string()),
  entities: z.nullish(z.object({ image_id: z.nullish(z.string()) })),
});
const quotaSchema = z.object({
  quotas: z.object({
    resources: z.array(z.object({ type: z.string(), used: z.number(), quota: z.number() })),
  }),
});

/**
 * Image Management Service. Its own calls stand beside the image API of OpenStack, at the same endpoint.
 * Source: Image Management Service API reference, "Creating an Image", "Querying the Status of an Asynchronous Job",
 * "Querying the Image Quota".
 */
export class Ims implements ImageJobs {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async createSystemDiskImage(serverId: string, name: string): Promise<{ jobId: string }> {
    const answer = await this.#service.send({
      operation: "createSystemDiskImage",
      effect: "once",
      method: "POST",
      path: "/cloudimages/action",
      body: () => ({ name, instance_id: serverId }),
    });
    return { jobId: answer.read(startedSchema).job_id };
  }

  job(id: string): Promise<ImageJob | null> {
    return orNull(this.#job(id));
  }

  async #job(id: string): Promise<ImageJob> {
    const projectId = await this.#service.projectId();
    const answer = await this.#get("showJob", `${projectId}/jobs/${encodeURIComponent(id)}`);
    const { status, error_code, fail_reason, entities } = answer.read(jobSchema);
    return {
      status: cloudWords(status, 64),
      imageId: entities?.image_id || null,
      errorCode: error_code ? cloudWords(error_code, 64) : null,
      meaning: error_code ? imsMeaning(error_code) : null,
      failReason: fail_reason ? cloudWords(fail_reason, 300) : null,
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
