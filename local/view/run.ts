import * as z from "zod/mini";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { ApiCall } from "../../shared/cloud-ports.ts";
import { expectedSeconds } from "../../shared/run/next-check.ts";
import { isWaitingForRoom } from "../../shared/run/uploads.ts";
import { isWaitingForApproval } from "../../shared/run/approval.ts";
import { isQueued, OUTCOMES, type Run } from "../../shared/run/record.ts";
import { STEP_NAMES } from "../../shared/run/step-names.ts";
import { approvalSchema, viewApproval } from "./approval.ts";
import type { HostView } from "./host.ts";
import { sentOf, sentSchema } from "./sent.ts";
import { serverOff, serverOffSchema } from "./server-off.ts";
import { listSchema, seconds, secondsBetween, time, timeOf, timeOrNull } from "./document.ts";

/** A run's record, and whether somebody has asked it to stop. */
export interface RunRecord {
  run: Run;
  cancelAtMs: number | null;
}

export const callSchema = z.strictObject({
  method: z.string(),
  service: z.string(),
  path: z.string(),
  /** Null: no answer. */
  status: z.nullable(z.int()),
  request_id: z.nullable(z.string()),
});
export type Call = z.infer<typeof callSchema>;

export const RUN_STATES = ["running", "cancelling", ...OUTCOMES] as const;

export const runViewSchema = z.strictObject({
  id: z.string(),
  recipe: z.string(),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  trigger: z.strictObject({ kind: z.string(), by: z.string() }),
  state: z.enum(RUN_STATES),
  /** Where it is; of one that failed or was cancelled, where that happened. */
  step: z.enum(STEP_NAMES),
  started_at: time,
  deadline_at: time,
  ended_at: z.nullable(time),
  elapsed_seconds: seconds,
  /** Of the upload, by how long this recipe's earlier ones took; null: nobody knows, or it takes longer than usual. */
  expected_left_seconds: z.nullable(seconds),
  /** Of the copies that Regild itself sends to other zones; null: it sends none now. */
  sent: z.nullable(sentSchema),
  /** Of a run under way: since when no host works on it; null: one does. */
  nobody_works_since: z.nullable(time),
  /** Null: none is, or the run has ended. */
  server_off: z.nullable(serverOffSchema),
  image: z.nullable(z.strictObject({ id: z.string(), name: z.string() })),
  failure: z.nullable(
    z.strictObject({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      at: time,
      calls: z.array(callSchema),
      /** Who cancelled the run, and when they asked for it. Null: another cause, or nobody knows. */
      cancelled: z.nullable(z.strictObject({ by: z.string(), at: time })),
    }),
  ),
  /** Null: the run has asked nobody. */
  approval: z.nullable(approvalSchema),
  joined_run: z.nullable(z.string()),
  /** When it began to wait for other runs of its recipe. Null: it did not have to. */
  queued_since: z.nullable(time),
  /** Of a run that is queued, waits for room or was skipped: for which run, or why. */
  note: z.nullable(z.string()),
  api_calls: z.int(),
});
export type RunView = z.infer<typeof runViewSchema>;

export const runsDocument = z.extend(listSchema, { runs: z.array(runViewSchema) });

/** Of runs that have ended: their views change no more. The list of recipes shows the last run of each recipe. */
const ended = new WeakMap<RunRecord, RunView>();

/** @param host null: on AWS, or known to work. */
export function viewRun(
  record: RunRecord,
  recipeState: RecipeState | null,
  nowMs: number,
  host: HostView | null = null,
): RunView {
  const before = ended.get(record);
  if (before !== undefined) return before;
  const view = viewNow(record, recipeState, nowMs, host);
  const { outcome, endedAtMs } = record.run;
  if (outcome !== null && endedAtMs !== null) ended.set(record, view);
  return view;
}

function viewNow(
  record: RunRecord,
  recipeState: RecipeState | null,
  nowMs: number,
  host: HostView | null,
): RunView {
  const { run } = record;
  const idleSinceMs = nobodyWorksSince(run, host);
  const { candidate, failure, recipe } = run;
  return {
    id: run.id,
    recipe: run.recipeName,
    cloud: recipe.cloud,
    region_name: recipe.region,
    trigger: { kind: run.trigger.kind, by: run.trigger.by },
    state: stateOf(record),
    step: run.outcome === null ? run.step : (failure?.step ?? run.step),
    started_at: timeOf(run.startedAtMs),
    deadline_at: timeOf(run.deadlineAtMs),
    ended_at: timeOrNull(run.endedAtMs),
    elapsed_seconds: secondsBetween(run.startedAtMs, run.endedAtMs ?? nowMs),
    expected_left_seconds:
      idleSinceMs === null ? expectedLeftSeconds(run, recipeState, nowMs) : null,
    sent: sentOf(run),
    nobody_works_since: timeOrNull(idleSinceMs),
    server_off: serverOff(run),
    image:
      candidate === null
        ? null
        : { id: candidate.id, name: run.imageName ?? candidate.creationName },
    failure:
      failure === null
        ? null
        : {
            code: failure.code,
            message: failure.message,
            remedy: failure.remedy,
            at: timeOf(failure.atMs),
            calls: failure.evidence.map(viewCall),
            cancelled:
              failure.cancel === undefined
                ? null
                : { by: failure.cancel.by, at: timeOf(failure.cancel.atMs) },
          },
    approval: viewApproval(run),
    joined_run: run.joinedRunId,
    queued_since: timeOrNull(run.queuedAtMs),
    note:
      isQueued(run) || isWaitingForRoom(run) || run.outcome === "skipped"
        ? (run.timeline.at(-1)?.text ?? null)
        : null,
    api_calls: run.apiCalls,
  };
}

export function viewCall({ method, service, path, status, requestId }: ApiCall): Call {
  return { method, service, path, status, request_id: requestId };
}

export function stateOf({ run, cancelAtMs }: RunRecord): RunView["state"] {
  if (run.outcome !== null) return run.outcome;
  return cancelAtMs !== null && !run.promoted ? "cancelling" : "running";
}

/** The latest sign of work: the host's heartbeat, or what the run's report tells. */
function nobodyWorksSince(run: Run, host: HostView | null): number | null {
  if (run.outcome !== null || host === null || host.state === "running") return null;
  if (isWaitingForApproval(run) || isWaitingForRoom(run)) return null;
  const lastEventMs = run.timeline.at(-1)?.atMs ?? run.startedAtMs;
  return Math.max(lastEventMs, Date.parse(host.last_seen ?? timeOf(0)));
}

function expectedLeftSeconds(
  run: Run,
  recipeState: RecipeState | null,
  nowMs: number,
): number | null {
  if (run.outcome !== null || run.step !== "check-status" || run.candidate === null) return null;
  const expected = expectedSeconds(recipeState?.uploadSeconds ?? []);
  if (expected === null) return null;
  const left = expected - secondsBetween(run.candidate.askedAtMs, nowMs);
  return left > 0 ? left : null;
}
