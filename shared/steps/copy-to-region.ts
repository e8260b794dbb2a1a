import { copyServices } from "../image/distribution.ts";
import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageJob } from "../image-jobs.ts";
import type { Creation } from "../protocol/step.ts";
import { withCopy } from "../run/image-copies.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { ImageCopy, Intent, Job, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { candidateOf } from "./candidate.ts";
import type { Next } from "./decide-copy.ts";

/** What is seen of a copy by IMS. */
export interface SeenRegionCopy {
  /** Null: 404, or the job is not known. */
  job: ImageJob | null;
  /** In the zone, by its id or its name. Null: not there. */
  image: Image | null;
}

/** Asks IMS for the copy. Its image is looked for by its name: the document does not say which id the job tells. */
export const regionCopy: Creation = {
  async ready(ctx, run) {
    const services = await copyServices(ctx, run.recipe);
    await ctx.cloud.authenticate();
    return async (intent) => {
      const { agencyName, projectName } = zoneOf(run, intent.copyZone);
      const region = services.find(({ name }) => name === intent.copyZone)?.region;
      if (agencyName === undefined || region === undefined)
        throw new Error(`${run.id} has IMS copy to ${intent.copyZone} without an agency`);
      const { jobId } = await ctx.cloud.imageJobs.copyToRegion(candidateOf(run).id, {
        name: intent.name,
        region,
        projectName: projectName ?? region,
        agencyName,
      });
      return askedFor(run, intent, jobId);
    };
  },
  async find(ctx, run, intent) {
    const [service] = (await copyServices(ctx, run.recipe)).filter(isOf(intent.copyZone));
    const [image] = (await service?.images.named(intent.name)) ?? [];
    return image === undefined ? null : askedFor(run, intent, null);
  },
};

function isOf(zone: string | undefined): (service: ImageService) => boolean {
  return ({ name }) => name === zone;
}

function zoneOf({ id, recipe }: Run, name: string | undefined) {
  const zone = recipe.zones.find((one) => one.name === name);
  if (zone === undefined) throw new Error(`${id} copies to the unknown zone ${name}`);
  return zone;
}

function askedFor(run: Run, intent: Intent, id: string | null): Partial<Run> {
  const { id: attemptId, name, atMs: askedAtMs } = intent;
  const copy = run.copies.find(({ zone }) => zone === intent.copyZone);
  if (copy === undefined)
    throw new Error(`${run.id} did not announce a copy to ${intent.copyZone}`);
  const job: Job = { id, attemptId, name, askedAtMs };
  return { copies: withCopy(run.copies, { ...copy, registeredAtMs: askedAtMs, job }) };
}

export async function seeRegionCopy(
  ctx: Ctx,
  copy: ImageCopy | undefined,
  { images }: ImageService,
): Promise<SeenRegionCopy> {
  const nothing = { job: null, image: null };
  if (copy?.imageId !== undefined) return { ...nothing, image: await images.image(copy.imageId) };
  if (copy?.job === undefined) return nothing;
  const { id, name } = copy.job;
  const job = id === null ? null : await ctx.cloud.imageJobs.job(id);
  const isUnderWay = job !== null && job.status !== "SUCCESS" && job.status !== "FAIL";
  const [image = null] = isUnderWay ? [] : await images.named(name);
  return { job, image };
}

/** Until the id of the copy is known. */
export function decideRegionCopy(
  run: Run,
  copy: ImageCopy,
  { job, image }: SeenRegionCopy,
  nowMs: number,
): Next {
  const { zone, job: asked } = copy;
  if (asked === undefined)
    return {
      kind: "intend",
      intent: "copy-to-region",
      copyZone: zone,
      text: `asks IMS for a copy in ${zone}`,
    };
  if (job?.status === "FAIL") return { kind: "fail", ...jobFailed(zone, job) };
  if (image !== null) {
    const copies = withCopy(run.copies, { ...copy, imageId: image.id });
    const text = `${image.id} is the copy in ${zone}`;
    return { kind: "act", act: { kind: "note-copy", copies }, text, set: { copies } };
  }
  const seconds = nextCheckSeconds({
    askedAtMs: asked.askedAtMs,
    nowMs,
    earlierSeconds: [],
    deadlineAtMs: run.deadlineAtMs,
  });
  const text =
    job === null || job.status === "SUCCESS"
      ? `${zone}: waits for an image named ${asked.name}`
      : `${zone}: job ${job.status}`;
  return { kind: "wait", seconds, text, copy };
}

function jobFailed(zone: string, { errorCode, meaning, failReason }: ImageJob): Problem {
  const code = errorCode === null ? "" : ` (${errorCode})`;
  return {
    code: "image-job-failed",
    message: `IMS could not copy the image to zone ${zone}: ${failReason ?? "no reason given"}${code}`,
    remedy:
      meaning === null || meaning === "transient" || meaning === "invalid-request"
        ? "Check that the agency lets IMS work in that region and project, then refresh again. If it fails again, give the job's id and the error code to the cloud's operator"
        : remedyFor(meaning),
  };
}
