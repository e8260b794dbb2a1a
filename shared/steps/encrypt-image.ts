import { imageOf, markForDeletion, register } from "../image/inventory.ts";
import { planRemoval, type RemovalPlan } from "../image/removal-plan.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import { remove } from "../image/removal.ts";
import type { InventoryImage, RecipeState } from "../image/recipe-state.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageJob } from "../image-jobs.ts";
import { CloudError } from "../openstack/errors.ts";
import { cloudOf, type Creation, type Decision, step } from "../protocol/step.ts";
import { candidateImage } from "../run/created-by-run.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Candidate, Intent, Job, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { candidateOf } from "./candidate.ts";

interface Seen {
  /** Of the image that is not encrypted. Undefined: the run still works with it. */
  plain: InventoryImage | undefined;
  /** The inventory has the encrypted copy. */
  isRegistered: boolean;
  /** What is to be done to delete the image that is not encrypted. */
  removal: Pick<RemovalPlan, "ops" | "kept">;
  /** Null: 404, or no job is known. */
  job: ImageJob | null;
  /** The copy. Null: it is not there yet, or its job is under way. */
  copy: Image | null;
  /** How long the recipe's images took to make: a copy of the same content takes about as long. */
  earlierSeconds: readonly number[];
}

type Act = { kind: "give-up-plain" } | { kind: "remove"; ops: RemovalPlan["ops"] };

/** By this property IMS tells the key of an image. Source: API reference, "Querying Image Details". */
const KEY_PROPERTY = "__system__cmkid";

/** Longest wait for the delete of the image that is not encrypted. After that, the inventory deletes it. */
const PATIENCE_MS = 5 * 60_000;

const LOST = ["killed", "deactivated", "deleted", "pending_delete"];

/**
 * Has IMS copy the image with a key. The copy takes the image's place in the run, and the image that is not encrypted is
 * deleted at once, before anything else happens to the copy. IMS takes each name once, so a repeated call makes no second
 * copy, and the copy is found by its name.
 */
export const encryptImage = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const recipeState = await ctx.recipeState();
  const { plainImage, copyJob } = run;
  const earlierSeconds = recipeState.uploadSeconds;
  const seen = { plain: undefined, isRegistered: false, removal: { ops: [], kept: [] } };
  if (plainImage === undefined) {
    const copying = copyJob === undefined ? { job: null, copy: null } : await seeCopy(ctx, copyJob);
    return { ...seen, ...copying, earlierSeconds };
  }
  const plain = imageOf(recipeState, plainImage.id);
  const isRegistered = imageOf(recipeState, candidateOf(run).id) !== undefined;
  const removal = plain?.state === "deleting" ? await planOf(ctx, run, plain.id) : seen.removal;
  return { plain, isRegistered, removal, job: null, copy: null, earlierSeconds };
}

async function seeCopy(ctx: Ctx, { id, name }: Job): Promise<Pick<Seen, "job" | "copy">> {
  const job = id === null ? null : await ctx.cloud.imageJobs.job(id);
  if (job !== null && job.status !== "SUCCESS") return { job, copy: null };
  const [named] = job?.imageId == null ? await ctx.cloud.images.named(name) : [];
  const copyId = job?.imageId ?? named?.id;
  return { job, copy: copyId === undefined ? null : await ctx.cloud.images.image(copyId) };
}

async function planOf(ctx: Ctx, run: Run, id: string): Promise<Seen["removal"]> {
  const here = cloudOf(run);
  const recipeState = await ctx.recipeState();
  const seen = await seeRemoval(ctx, recipeState, here);
  const { ops, kept } = planRemoval(recipeState, seen, here, ctx.now());
  return { ops: ops.filter((op) => op.id === id), kept: kept.filter((one) => one.id === id) };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { plainImage, copyJob } = run;
  if (plainImage !== undefined) return decidePlain(run, seen, nowMs);
  if (copyJob === undefined)
    return { kind: "intend", intent: "copy-image", text: "copies the image with the key" };
  const { job, copy, earlierSeconds } = seen;
  if (job?.status === "FAIL") return { kind: "fail", ...jobFailed(job) };
  if (copy !== null && LOST.includes(copy.status))
    return { kind: "fail", ...notEncrypted(`The encrypted copy ${copy.id} is ${copy.status}`) };
  if (copy?.status === "active") return decideActive(run, copyJob, copy, nowMs);
  const seconds = nextCheckSeconds({
    askedAtMs: copyJob.askedAtMs,
    nowMs,
    earlierSeconds,
    deadlineAtMs: run.deadlineAtMs,
  });
  const text =
    job === null ? `waits for an image named ${copyJob.name}` : `copy with the key ${job.status}`;
  return { kind: "wait", seconds, text };
}

/** From here on the run works with the copy. */
function decideActive(run: Run, job: Job, copy: Image, nowMs: number): Decision<Act> {
  const { cmkId } = run.recipe.image;
  const keyId = copy.properties[KEY_PROPERTY];
  if (keyId !== cmkId)
    return {
      kind: "fail",
      ...notEncrypted(
        `IMS says of the copy ${copy.id} that its key is ${keyId ?? "none"}, not ${cmkId}`,
      ),
    };
  const plain = candidateOf(run);
  const candidate: Candidate = {
    id: copy.id,
    attemptId: job.attemptId,
    creationName: job.name,
    askedAtMs: job.askedAtMs,
    activeAtMs: nowMs,
    sizeBytes: copy.sizeBytes,
    missingSinceMs: null,
    wasSaving: false,
  };
  return {
    kind: "note",
    text: `${copy.id} is the encrypted copy`,
    set: {
      candidate,
      imageName: job.name,
      plainImage: { id: plain.id, uploadSeconds: uploadSecondsOf(plain) },
      unansweredAttempts: run.unansweredAttempts.filter(({ kind }) => kind !== "copy-image"),
    },
  };
}

function uploadSecondsOf({ activeAtMs, askedAtMs }: Candidate): number | null {
  return activeAtMs === null ? null : (activeAtMs - askedAtMs) / 1000;
}

function decidePlain(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { plain, isRegistered, removal } = seen;
  if (!isRegistered || plain?.state === "candidate")
    return {
      kind: "act",
      act: { kind: "give-up-plain" },
      text: "the image that is not encrypted is to go",
    };
  const isPatient = nowMs - (candidateOf(run).activeAtMs ?? 0) < PATIENCE_MS;
  const { ops } = removal;
  if (plain?.state === "deleting" && isPatient) {
    if (ops.length === 0)
      return { kind: "wait", seconds: 5, text: removal.kept[0]?.why ?? "being deleted" };
    const text = ops.map((op) => `${op.kind} ${op.id}`).join(", ");
    const isDelete = ops.every((op) => op.kind === "delete");
    return {
      kind: "act",
      act: { kind: "remove", ops },
      text,
      thenWaitSeconds: isDelete ? 3 : 0,
    };
  }
  const text = `encrypted with key ${run.recipe.image.cmkId}`;
  const left = plain?.state === "deleting" ? `; image ${plain.id} still has to be deleted` : "";
  return { kind: "advance", to: "validate-sync", text: `${text}${left}` };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  if (act.kind === "remove") return remove(ctx, act.ops);
  const entry = candidateImage(run, ctx.now());
  const plainId = run.plainImage?.id ?? "";
  await ctx.changeRecipeState((recipeState) => exchanged(recipeState, entry, plainId, ctx.now()));
}

/** In one write. Null: it is so already. */
function exchanged(
  recipeState: RecipeState,
  entry: InventoryImage | null,
  plainId: string,
  nowMs: number,
): RecipeState | null {
  const registered = entry === null ? null : register(recipeState, entry);
  const marked = markForDeletion(registered ?? recipeState, plainId, REPLACED, nowMs);
  return marked ?? registered;
}

/** Why the image that is not encrypted goes. */
export const REPLACED = "its encrypted copy has taken its place";

function jobFailed({ errorCode, meaning, failReason }: ImageJob): Problem {
  const code = errorCode === null ? "" : ` (${errorCode})`;
  return {
    code: "image-job-failed",
    message: `IMS could not make the encrypted copy: ${failReason ?? "no reason given"}${code}`,
    remedy:
      meaning === null || meaning === "transient" || meaning === "invalid-request"
        ? "Refresh again. If it fails again, give the job's id and the error code to the cloud's operator"
        : remedyFor(meaning),
  };
}

function notEncrypted(message: string): Problem {
  return {
    code: "not-encrypted",
    message,
    remedy:
      "Ask the cloud's operator why IMS has not encrypted the copy, then refresh again. Nothing was promoted",
  };
}

/** Asks IMS for the copy of the candidate. */
export const copyJob: Creation = {
  async ready(ctx, run) {
    const { cmkId } = run.recipe.image;
    const { id } = candidateOf(run);
    if (cmkId === undefined) throw new Error(`${run.id} copies an image without a key`);
    await ctx.cloud.authenticate();
    return async (intent) => {
      const jobId = await startCopy(ctx, id, intent.name, cmkId);
      return { copyJob: jobOf(intent, jobId) };
    };
  },
  async find(ctx, _run, intent) {
    const [image] = await ctx.cloud.images.named(intent.name);
    return image === undefined ? null : { copyJob: jobOf(intent, null) };
  },
};

function jobOf({ id: attemptId, name, atMs: askedAtMs }: Intent, id: string | null): Job {
  return { id, attemptId, name, askedAtMs };
}

/** That the name is taken proves that an earlier call has arrived: nobody else uses the attempt's short id. */
async function startCopy(
  ctx: Ctx,
  imageId: string,
  name: string,
  cmkId: string,
): Promise<string | null> {
  try {
    return (await ctx.cloud.imageJobs.copyImage(imageId, { name, cmkId })).jobId;
  } catch (error) {
    if (error instanceof CloudError && error.code === "name-taken") return null;
    throw error;
  }
}
