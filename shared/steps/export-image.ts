import { noteExport } from "../image/export-times.ts";
import type { Ctx } from "../context.ts";
import type { ImageJob } from "../image-jobs.ts";
import type { CloudError } from "../openstack/errors.ts";
import type { Creation, Decision } from "../protocol/step.ts";
import { exportBegun, exportFileOf, isToExport, LOOK, pathOf } from "../run/exported.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { ImageExport, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { released } from "../source/item.ts";

export interface SeenExport {
  /** The image of this run is the current one. */
  isCurrent: boolean;
  /** Null: 404, or no job is known. */
  job: ImageJob | null;
  /** How long the recipe's earlier exports took. */
  earlierSeconds: readonly number[];
}

export type ExportAct = { kind: "begin-export" } | { kind: "end-export"; seconds: number };

/** Null: the recipe exports nothing, or the export is over. */
export async function seeExport(ctx: Ctx, run: Run): Promise<SeenExport | null> {
  if (!isToExport(run)) return null;
  const { current, exportSeconds = [] } = await ctx.recipeState();
  const jobId = run.imageExport?.jobId ?? null;
  const job = jobId === null ? null : await ctx.cloud.imageJobs.job(jobId);
  return { isCurrent: current === run.candidate?.id, job, earlierSeconds: exportSeconds };
}

/**
 * Has IMS export the image once it is current, and waits for the job. Each call is announced. The file is named after the
 * image, so a call that is repeated because no answer came makes no second file: while the first one is at work IMS
 * refuses with `busy`, and afterwards with `file-exists` (IMG.0148, IMG.0070).
 */
export function decideExport(
  run: Run,
  { isCurrent, job, earlierSeconds }: SeenExport,
  nowMs: number,
): Decision<ExportAct> {
  const { imageExport: state } = run;
  const file = exportFileOf(run);
  const to = file === null ? "" : pathOf(file);
  const giveUp = (message: string, remedy: string): Decision<never> => ({
    kind: "note",
    text: `does not export to ${to}: ${message}`,
    set: { imageExport: { ...(state ?? exportBegun(to, nowMs)), problem: { message, remedy } } },
  });
  if (state === undefined && !isCurrent)
    return giveUp("the image is not current any more", "Nothing, unless you need the file");
  const isOver = job?.status === "SUCCESS" || job?.status === "FAIL";
  if (nowMs >= run.deadlineAtMs && !isOver) return giveUp(lateText(state), LATE_REMEDY);
  if (state === undefined) {
    const set = { imageExport: exportBegun(to, nowMs) };
    const text = `is to be exported to ${to}; the source is free for other runs`;
    return { kind: "act", act: { kind: "begin-export" }, text, set };
  }
  const waits = (atMs: number): number =>
    nextCheckSeconds({
      askedAtMs: state.askedAtMs,
      nowMs: atMs,
      earlierSeconds,
      deadlineAtMs: run.deadlineAtMs,
    });
  if (job?.status === "SUCCESS") {
    const seconds = Math.max(0, (nowMs - state.askedAtMs) / 1000);
    return {
      kind: "act",
      act: { kind: "end-export", seconds },
      text: `exported to ${to}`,
      set: { imageExport: { ...state, doneAtMs: nowMs } },
    };
  }
  if (job?.status === "FAIL") return giveUp(failText(job), failRemedy(job));
  if (job !== null) return { kind: "wait", seconds: waits(nowMs), text: `export ${job.status}` };
  if (state.jobId !== null) {
    const set = { imageExport: { ...state, jobId: null, isUnsure: true } };
    return { kind: "note", text: `IMS does not know job ${state.jobId} any more`, set };
  }
  const untilMs = state.busyAtMs === null ? 0 : state.busyAtMs + waits(state.busyAtMs) * 1000;
  if (nowMs < untilMs) {
    const seconds = Math.ceil((untilMs - nowMs) / 1000);
    return { kind: "wait", seconds, text: "the image is being exported" };
  }
  return { kind: "intend", intent: "export-image", text: `exports the image to ${to}` };
}

/** The source is not needed any more, and the export may take hours: other runs may have it. */
export async function performExport(ctx: Ctx, run: Run, act: ExportAct): Promise<void> {
  if (act.kind === "end-export") {
    await ctx.changeRecipeState((recipeState) => noteExport(recipeState, act.seconds));
    return;
  }
  for (const id of run.source?.lockIds ?? [])
    await ctx.changeSource(id, (source) => released(source, run.id, ctx.now()));
}

/** Asks IMS for the export. It makes no thing that Regild has to find or delete. */
export const exportJob: Creation = {
  async ready(ctx, run) {
    const { candidate } = run;
    const file = exportFileOf(run);
    if (candidate === null || file === null) throw new Error(`${run.id} exports no image`);
    await ctx.cloud.authenticate();
    return async () => {
      const { jobId } = await ctx.cloud.imageJobs.exportImage(candidate.id, file);
      return { imageExport: { ...stateOf(run), jobId } };
    };
  },
  async find(_ctx, run) {
    return { imageExport: { ...stateOf(run), isUnsure: true } };
  },
  refused(run, error, nowMs) {
    const state = stateOf(run);
    if (error.code === "busy") return { imageExport: { ...state, busyAtMs: nowMs } };
    if (error.code === "file-exists" && state.isUnsure)
      return { imageExport: { ...state, doneAtMs: nowMs } };
    return { imageExport: { ...state, problem: problemOf(error) } };
  },
};

function problemOf({ message, code, remedy }: CloudError): NonNullable<ImageExport["problem"]> {
  return { message, remedy: remedy ?? remedyFor(code ?? "invalid-request") };
}

function stateOf({ id, imageExport }: Run): ImageExport {
  if (imageExport === undefined) throw new Error(`${id} exports an image unannounced`);
  return imageExport;
}

function lateText(state: ImageExport | undefined): string {
  if (state === undefined) return "the run had no time left for it";
  return state.jobId === null
    ? "IMS had not told a job for it by the run's deadline"
    : `job ${state.jobId} had not ended by the run's deadline`;
}
const LATE_REMEDY = `${LOOK}. Raise deadline in recipes.yml, because the export counts, too`;

function failText({ failReason, errorCode }: ImageJob): string {
  return `${failReason ?? "IMS gives no reason"}${errorCode === null ? "" : ` (${errorCode})`}`;
}

function failRemedy({ meaning }: ImageJob): string {
  return meaning === null || meaning === "transient" || meaning === "invalid-request"
    ? "Export the image by hand, or refresh again. If it fails again, give the job's id and the error code to the cloud's operator"
    : remedyFor(meaning);
}
