import type { Backup } from "../backups.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageJob, JobSource } from "../image-jobs.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Creation, Decision } from "../protocol/step.ts";
import { backupOriginOf } from "../run/created-by-run.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Candidate, Intent, Job, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";

/** What became of a job that makes an image. */
export interface Making {
  /** Null: 404, or the job is not known. */
  job: ImageJob | null;
  /** The id of the image that has the job's name, where the job does not tell it. Null: none has. */
  imageId: string | null;
  /**
   * Backups that a failed job for a full-server image may have left: of this server in this vault, made since the job was
   * asked for, and of no image. CBR does not tell which of them the job has made.
   */
  leftBackups: Backup[];
}

/** Asks IMS for the image. Its id is known once the job has ended. */
export const imageJob: Creation = {
  async ready(ctx, run) {
    const source = jobSourceOf(run);
    await ctx.cloud.authenticate();
    return async (intent) => {
      const id = await startJob(ctx, source, intent.name);
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
    const imageId = await imageNamed(ctx, name);
    return imageId === null ? null : made(run, { id: null, attemptId, name, askedAtMs }, imageId);
  },
};

function jobSourceOf(run: Run): JobSource {
  const { id, source, recipe } = run;
  const backup = backupOriginOf(run);
  if (backup !== null) {
    const { serverId, vaultId } = backup;
    return { kind: "full-server", serverId, vaultId };
  }
  if (source === null) throw new Error(`${id} takes an image without a source`);
  if (recipe.capture === "system_disk") return { kind: "system-disk", serverId: source.id };
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
  const imageId = job?.imageId ?? null;
  if (isUnderWay) return { job, imageId: null, leftBackups: [] };
  return {
    job,
    imageId: imageId ?? (await imageNamed(ctx, name)),
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

async function imageNamed(ctx: Ctx, name: string): Promise<string | null> {
  const [image] = await ctx.cloud.images.named(name);
  return image?.id ?? null;
}

export function decideMaking(
  run: Run,
  job: Job,
  { job: seen, imageId, leftBackups }: Making,
  { recipeState, nowMs }: { recipeState: RecipeState; nowMs: number },
): Decision<never> {
  if (seen?.status === "FAIL") return { kind: "fail", ...jobFailed(seen, leftBackups) };
  const isOver = seen === null || seen.status === "SUCCESS";
  if (isOver && imageId !== null) {
    return { kind: "note", text: `the job has made ${imageId}`, set: made(run, job, imageId) };
  }
  const seconds = nextCheckSeconds({
    askedAtMs: job.askedAtMs,
    nowMs,
    earlierSeconds: recipeState.uploadSeconds,
    deadlineAtMs: run.deadlineAtMs,
  });
  const text = seen === null ? `waits for an image named ${job.name}` : `job ${seen.status}`;
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

function made(run: Run, { attemptId, name, askedAtMs }: Job, imageId: string): Partial<Run> {
  const candidate: Candidate = {
    id: imageId,
    attemptId,
    creationName: name,
    askedAtMs,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: false,
  };
  return {
    imageName: name,
    candidate,
    job: null,
    unansweredAttempts: run.unansweredAttempts.filter(({ id }) => id !== attemptId),
  };
}
