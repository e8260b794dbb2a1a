import { judge404 } from "../image/absence.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import {
  cloudOfZone,
  regionCopyProblem,
  regionZones,
  type RegionZone,
  serviceOfZone,
} from "../image/region-copy.ts";
import type { ImageJob } from "../image-jobs.ts";
import type { Creation, Decision } from "../protocol/step.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Intent, RegionCopy, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { candidateOf } from "./candidate.ts";

/** What is seen of a copy by IMS in one zone. */
export interface SeenRegionCopy {
  zone: string;
  /** The project that gets the copy, and the one that it is looked for in. */
  projectId: string;
  /** Why IMS cannot copy there. Null: it can, or a copy was announced already. */
  problem: Problem | null;
  /** Null: 404, or the job is not known. */
  job: ImageJob | null;
  /** By its id or its name. Null: not there. */
  image: Image | null;
}

/** The id of a copy is known. */
export interface NoteCopy {
  kind: "note-copy";
  regionCopies: RegionCopy[];
}

/** Of one zone. `wait`: the copy as it is to be recorded. */
export type NextOfRegionCopy =
  | { kind: "done" }
  | { kind: "wait"; seconds: number; text: string; copy: RegionCopy }
  | Extract<Decision<NoteCopy>, { kind: "note" | "act" | "intend" | "fail" }>;

/** So long a copy may take to appear once its job has ended. */
const APPEARS_WITHIN_MS = 10 * 60_000;

const LOST = ["killed", "deactivated"];

/** Asks IMS for the copy. Finds it by its name: the document does not say which region's image id the job tells. */
export const regionCopy: Creation = {
  async ready(ctx, run) {
    await ctx.cloud.authenticate();
    const places = new Map<string, { region: string; projectName: string }>();
    for (const zone of regionZones(run.recipe)) {
      const region = (await serviceOfZone(ctx, zone))?.region ?? "";
      const { projectName } = await cloudOfZone(ctx, run.recipe, zone).authenticate();
      places.set(zone.name, { region, projectName });
    }
    return async (intent) => {
      const { agencyName, name: zone } = zoneOf(run, intent);
      const place = places.get(zone);
      if (place === undefined) throw new Error(`${run.id} does not know the region of ${zone}`);
      const copy = { name: intent.name, ...place, agencyName };
      const { jobId } = await ctx.cloud.imageJobs.copyToRegion(candidateOf(run).id, copy);
      return askedFor(run, intent, jobId);
    };
  },
  async find(ctx, run, intent) {
    const service = await serviceOfZone(ctx, zoneOf(run, intent));
    const [image] = (await service?.images.named(intent.name)) ?? [];
    return image === undefined ? null : askedFor(run, intent, null);
  },
};

function zoneOf({ id, recipe }: Run, { copyZone }: Intent): RegionZone {
  const zone = regionZones(recipe).find(({ name }) => name === copyZone);
  if (zone === undefined) throw new Error(`${id} has IMS copy to ${copyZone}, which it must not`);
  return zone;
}

function askedFor(run: Run, intent: Intent, id: string | null): Partial<Run> {
  const { id: attemptId, name, atMs: askedAtMs } = intent;
  const copy = copyOf(run, intent.copyZone ?? "");
  if (copy === null) throw new Error(`${run.id} did not announce a copy to ${intent.copyZone}`);
  return withRegionCopy(run, { ...copy, job: { id, attemptId, name, askedAtMs } });
}

function copyOf({ regionCopies = [] }: Run, zone: string): RegionCopy | null {
  return regionCopies.find((copy) => copy.zone === zone) ?? null;
}

/** The run's copies with the newest record of one of them. */
export function withRegionCopy(
  { regionCopies = [] }: Pick<Run, "regionCopies">,
  copy: RegionCopy,
): { regionCopies: RegionCopy[] } {
  const others = regionCopies.filter(({ zone }) => zone !== copy.zone);
  return { regionCopies: [...others, copy] };
}

export async function seeRegionCopies(ctx: Ctx, run: Run): Promise<SeenRegionCopy[]> {
  const seen: SeenRegionCopy[] = [];
  for (const zone of regionZones(run.recipe)) seen.push(await seeRegionCopy(ctx, run, zone));
  return seen;
}

async function seeRegionCopy(ctx: Ctx, run: Run, zone: RegionZone): Promise<SeenRegionCopy> {
  const copy = copyOf(run, zone.name);
  const nothing = { zone: zone.name, problem: null, job: null, image: null };
  if (copy === null) {
    const problem = await regionCopyProblem(ctx, run.recipe, zone);
    const { projectId } = await cloudOfZone(ctx, run.recipe, zone).authenticate();
    return { ...nothing, projectId, problem };
  }
  const { projectId, job: asked, imageId } = copy;
  if (asked === undefined) return { ...nothing, projectId };
  const service = await serviceOfZone(ctx, zone);
  if (imageId !== undefined)
    return { ...nothing, projectId, image: (await service?.images.image(imageId)) ?? null };
  const job = asked.id === null ? null : await ctx.cloud.imageJobs.job(asked.id);
  const [image = null] = isUnderWay(job) ? [] : ((await service?.images.named(asked.name)) ?? []);
  return { ...nothing, projectId, job, image };
}

function isUnderWay(job: ImageJob | null): boolean {
  return job !== null && job.status !== "SUCCESS" && job.status !== "FAIL";
}

export function decideRegionCopy(run: Run, seen: SeenRegionCopy, nowMs: number): NextOfRegionCopy {
  const { zone, projectId, problem, image } = seen;
  const copy = copyOf(run, zone);
  if (copy === null) {
    if (problem !== null) return { kind: "fail", ...problem };
    const announced = { zone, projectId, missingSinceMs: null };
    const text = `IMS is to copy it to ${zone}`;
    return { kind: "note", text, set: withRegionCopy(run, announced) };
  }
  if (copy.job === undefined)
    return {
      kind: "intend",
      intent: "copy-to-region",
      copyZone: zone,
      text: `asks IMS for a copy in ${zone}`,
    };
  if (copy.imageId === undefined) return decideUnknown(run, copy, seen, nowMs);
  if (image?.status === "active") return { kind: "done" };
  if (image === null || LOST.includes(image.status)) return decideGone(run, copy, image, nowMs);
  return waitFor(run, { ...copy, missingSinceMs: null }, `${zone}: ${image.status}`, nowMs);
}

/** The id of the copy is not known yet. */
function decideUnknown(
  run: Run,
  copy: RegionCopy,
  { job, image }: SeenRegionCopy,
  nowMs: number,
): NextOfRegionCopy {
  const { zone, projectId } = copy;
  if (job?.status === "FAIL") return { kind: "fail", ...jobFailed(zone, job) };
  if (isUnderWay(job)) return waitFor(run, copy, `${zone}: job ${job?.status}`, nowMs);
  if (image !== null) {
    const set = withRegionCopy(run, { ...copy, imageId: image.id, missingSinceMs: null });
    const text = `${image.id} is the copy in ${zone}`;
    return { kind: "act", act: { kind: "note-copy", ...set }, text, set };
  }
  const sinceMs = copy.missingSinceMs ?? nowMs;
  const { id = null, name = "" } = copy.job ?? {};
  const ended = id === null ? "IMS has not answered" : "its job has ended";
  if (nowMs - sinceMs >= APPEARS_WITHIN_MS)
    return {
      kind: "fail",
      code: "copy-not-found",
      message: `The copy in zone ${zone} does not appear: ${ended}, and project ${projectId} there has no image named ${name}`,
      remedy: `Look for ${name} in the other projects of that region, and delete it there. Then ask the cloud's operator where IMS makes its copies`,
    };
  const text = `${zone}: ${ended}, and project ${projectId} has no image named ${name} yet`;
  return waitFor(run, { ...copy, missingSinceMs: sinceMs }, text, nowMs);
}

function decideGone(
  run: Run,
  copy: RegionCopy,
  image: Image | null,
  nowMs: number,
): NextOfRegionCopy {
  const { zone, job, missingSinceMs } = copy;
  const since = { sinceMs: missingSinceMs, createdAtMs: job?.askedAtMs ?? nowMs };
  const judgement = image === null ? judge404(since, nowMs) : "gone";
  if (judgement === "gone")
    return {
      kind: "fail",
      code: "copy-failed",
      message: `The copy in zone ${zone} is ${image?.status ?? "gone"}, and was not complete: the job of IMS failed, or somebody has deleted it`,
      remedy: `Look at the jobs of IMS in the cloud's console, then regild refresh ${run.recipeName}`,
    };
  const sinceMs = { new: null, first: nowMs, early: missingSinceMs }[judgement];
  return {
    ...waitFor(run, { ...copy, missingSinceMs: sinceMs }, `${zone}: not found`, nowMs),
    seconds: 10,
  };
}

function waitFor(
  { deadlineAtMs, stepSinceMs }: Run,
  copy: RegionCopy,
  text: string,
  nowMs: number,
): Extract<NextOfRegionCopy, { kind: "wait" }> {
  const askedAtMs = copy.job?.askedAtMs ?? stepSinceMs;
  const seconds = nextCheckSeconds({ askedAtMs, nowMs, earlierSeconds: [], deadlineAtMs });
  return { kind: "wait", seconds, text, copy };
}

function jobFailed(zone: string, { errorCode, meaning, failReason }: ImageJob): Problem {
  const code = errorCode === null ? "" : ` (${errorCode})`;
  return {
    code: "image-job-failed",
    message: `IMS could not copy the image to zone ${zone}: ${failReason ?? "no reason given"}${code}`,
    remedy:
      meaning === null || meaning === "transient" || meaning === "invalid-request"
        ? "Check that the agency lets IMS write images in that region, then refresh again. If it fails again, give the job's id and the error code to the cloud's operator"
        : remedyFor(meaning),
  };
}
