import type { Backup } from "../backups.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageJob, JobSource } from "../image-jobs.ts";
import { CloudError } from "../openstack/errors.ts";
import { nameOfDiskImage } from "../recipe/ims-name.ts";
import type { Creation, Decision } from "../protocol/step.ts";
import { backupOriginOf } from "../run/created-by-run.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Candidate, DiskImage, Intent, Job, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";

/** What became of a job that makes an image. */
export interface Making {
  /** Null: 404, or the job is not known. */
  job: ImageJob | null;
  /** The image, by the job or by its name. Of data disks, one for each disk, in their order. Null: not all are there. */
  images: Made[] | null;
  /**
   * Backups that a failed job for a full-server image may have left: of this server in this vault, made since the job was
   * asked for, and of no image. CBR does not tell which of them the job has made.
   */
  leftBackups: Backup[];
}

interface Made {
  id: string;
  name: string;
}

/** Asks IMS for the image. Its id is known once the job has ended. */
export const imageJob: Creation = {
  async ready(ctx, run) {
    await ctx.cloud.authenticate();
    return async (intent) => {
      const id = await startJob(ctx, jobSourceOf(run, intent.name), intent.name);
      const { id: attemptId, name, atMs: askedAtMs } = intent;
      // Watched by its name until the job tells the image's id: a run that ends before leaves nothing behind.
      const attempt: Intent = { ...intent, answer: "unknown" };
      return {
        job: { id, attemptId, name, askedAtMs },
        unansweredAttempts: [...run.unansweredAttempts, attempt],
      };
    };
  },
  async find(ctx, run, { id: attemptId, name, atMs: askedAtMs }) {
    const images = await imagesNamed(ctx, namesOf(run, name), []);
    return images === null ? null : made(run, { id: null, attemptId, name, askedAtMs }, images);
  },
};

/** The names of the images that a create of this name makes. */
function namesOf({ source }: Run, name: string): string[] {
  const disks = source?.disks ?? [];
  if (disks.length === 0) return [name];
  return disks.map(({ device }) => nameOfDiskImage(name, device));
}

function jobSourceOf(run: Run, name: string): JobSource {
  const { id, source, recipe } = run;
  const backup = backupOriginOf(run);
  if (backup !== null) {
    const { serverId, vaultId } = backup;
    return { kind: "full-server", serverId, vaultId };
  }
  if (source === null) throw new Error(`${id} takes an image without a source`);
  if (recipe.capture === "system_disk") return { kind: "system-disk", serverId: source.id };
  if (recipe.capture === "data_disks") {
    const names = namesOf(run, name);
    const disks = source.disks.map(({ volumeId }, n) => ({ volumeId, name: names[n] ?? name }));
    return { kind: "data-disks", disks };
  }
  if (recipe.capture === "data_disk") return { kind: "data-disk", volumeId: source.id };
  const { osVersion } = recipe.image;
  if (osVersion === null) throw new Error(`${id} makes a system image without os_version`);
  return { kind: "system-from-data-disk", volumeId: source.id, osVersion };
}

/** That the name is taken proves that an earlier create has arrived: nobody else uses the attempt's short id. */
async function startJob(ctx: Ctx, source: JobSource, name: string): Promise<string | null> {
  try {
    return (await ctx.cloud.imageJobs.createImage(source, name)).jobId;
  } catch (error) {
    if (error instanceof CloudError && error.code === "name-taken") return null;
    throw error;
  }
}

export async function seeMaking(ctx: Ctx, run: Run, { id, name, askedAtMs }: Job): Promise<Making> {
  const job = id === null ? null : await ctx.cloud.imageJobs.job(id);
  const isUnderWay = job !== null && job.status !== "SUCCESS" && job.status !== "FAIL";
  if (isUnderWay) return { job, images: null, leftBackups: [] };
  return {
    job,
    images: await imagesNamed(ctx, namesOf(run, name), toldBy(run, job, name)),
    leftBackups: job?.status === "FAIL" ? await seeLeftBackups(ctx, run, askedAtMs) : [],
  };
}

/** Evidence only, so that the run goes on without it. */
async function seeLeftBackups(ctx: Ctx, run: Run, askedAtMs: number): Promise<Backup[]> {
  const place = backupOriginOf(run);
  if (place === null) return [];
  try {
    const sinceMs = askedAtMs - ctx.timing.skewMs;
    const left: Backup[] = [];
    for (const backup of await ctx.cloud.backups.backupsIn(place))
      if (backup.createdAtMs >= sinceMs && (await isOfNoImage(ctx, backup))) left.push(backup);
    return left;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return [];
  }
}

/** CBR may go on naming an image that is gone. */
async function isOfNoImage({ cloud }: Ctx, { imageIds }: Backup): Promise<boolean> {
  for (const id of imageIds) if ((await cloud.images.foreign(id)) !== null) return false;
  return true;
}

/** Of data disks, a job tells the images in no certain order. */
function toldBy({ source }: Run, job: ImageJob | null, name: string): Made[] {
  if (job === null) return [];
  if ((source?.disks ?? []).length > 0) return job.diskImages;
  return job.imageId === null ? [] : [{ id: job.imageId, name }];
}

/** @param told what needs not be looked for. @returns null: not every name has an image. */
async function imagesNamed(ctx: Ctx, names: string[], told: Made[]): Promise<Made[] | null> {
  const images: Made[] = [];
  for (const name of names) {
    const known = told.find((one) => one.name === name);
    const found = known ?? (await ctx.cloud.images.named(name))[0];
    if (found === undefined) return null;
    images.push({ id: found.id, name });
  }
  return images;
}

export function decideMaking(
  run: Run,
  job: Job,
  { job: seen, images, leftBackups }: Making,
  { recipeState, nowMs }: { recipeState: RecipeState; nowMs: number },
): Decision<never> {
  if (seen?.status === "FAIL") return { kind: "fail", ...jobFailed(seen, leftBackups) };
  const isOver = seen === null || seen.status === "SUCCESS";
  if (isOver && images !== null) {
    const ids = images.map(({ id }) => id).join(", ");
    return { kind: "note", text: `the job has made ${ids}`, set: made(run, job, images) };
  }
  const seconds = nextCheckSeconds({
    askedAtMs: job.askedAtMs,
    nowMs,
    earlierSeconds: recipeState.uploadSeconds,
    deadlineAtMs: run.deadlineAtMs,
  });
  const names = namesOf(run, job.name).join(" and ");
  const text = seen === null ? `waits for an image named ${names}` : `job ${seen.status}`;
  return { kind: "wait", seconds, text };
}

function jobFailed(
  { errorCode, meaning, failReason }: ImageJob,
  leftBackups: readonly Backup[],
): Problem {
  const [left] = leftBackups;
  const ids = leftBackups.map(({ id }) => id).join(", ");
  return {
    code: "image-job-failed",
    message: `IMS could not make the image: ${failReason ?? "no reason given"}${errorCode === null ? "" : ` (${errorCode})`}${left === undefined ? "" : `. Vault ${left.vaultId} has a backup since then that no image is made of: ${ids}`}`,
    remedy:
      (meaning === null || meaning === "transient" || meaning === "invalid-request"
        ? "Refresh again. If it fails again, give the job's id and the error code to the cloud's operator"
        : remedyFor(meaning)) +
      (left === undefined ? "" : ". Delete the backup in CBR, unless somebody else has made it"),
  };
}

/** The first image is the candidate. The images of further data disks go with it. */
function made(run: Run, { attemptId, askedAtMs }: Job, [first, ...others]: Made[]): Partial<Run> {
  if (first === undefined) throw new Error(`${run.id} has made no image`);
  const candidate: Candidate = {
    id: first.id,
    attemptId,
    creationName: first.name,
    askedAtMs,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: false,
  };
  const diskImages = others.map(({ id, name }, n): DiskImage => ({
    id,
    name,
    device: run.source?.disks[n + 1]?.device ?? "",
    missingSinceMs: null,
  }));
  return {
    imageName: first.name,
    candidate,
    diskImages,
    job: null,
    unansweredAttempts: run.unansweredAttempts.filter(({ id }) => id !== attemptId),
  };
}
