import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "../../shared/aws/error.ts";
import { isWaitingForApproval } from "../../shared/run/approval.ts";
import { openProgress, type Progress } from "../progress/progress.ts";
import { recipeStateOf, runOf } from "../view/read.ts";
import type { RunRecord } from "../view/run.ts";
import type { App } from "./app.ts";
import { EventLines } from "./event-lines.ts";
import { interruption } from "./signals.ts";
import type { WatchControl } from "./run-control.ts";

export interface Watching extends WatchControl {
  app: App;
  /** Null: as long as it takes. */
  timeoutMs: number | null;
}

export interface Watched {
  /** As last read: of the runs that did the work, where those asked for joined them. */
  records: RunRecord[];
  stoppedBy: "end" | "approval" | "timeout" | "interruption" | "second interruption";
  /** SIGTERM, not Ctrl-C: nobody is there to be asked. */
  isTermination?: boolean;
}

/** Shows runs until all have ended. Should the host stop meanwhile, this process goes on with the work. */
export async function watchRuns(watching: Watching, runIds: string[]): Promise<Watched> {
  const { app, backend, workers, warnings, timeoutMs } = watching;
  const untilMs = timeoutMs === null ? Number.POSITIVE_INFINITY : app.now() + timeoutMs;
  using interrupted = interruption();
  const events = new EventLines(app);
  const progress = openProgress(app.output.err);
  let ids = runIds;
  try {
    for (;;) {
      if (await workers.takeOverIfAbandoned(app.now())) {
        tell(app, progress, "No host runs any more: this command goes on with the work.");
      }
      const warned = warnings.take();
      if (warned.length > 0) tell(app, progress, ...warned);
      const records = await Promise.all(ids.map((id) => recordOf(watching, id)));
      const recipeStates = records.map(({ run }) => recipeStateOf(backend.store, run.recipeName));
      const seen = records.map(async ({ run }, index) => ({
        run,
        recipeState: (await recipeStates[index]) ?? null,
      }));
      progress.update(await Promise.all(seen), app.now());
      for (const record of records) events.tell(record);
      const joining = records.filter(({ run }) => run.joinedRunId !== null);
      if (joining.length > 0) {
        for (const { run } of joining) {
          tell(
            app,
            progress,
            `${run.recipeName} is being refreshed already, by ${run.joinedRunId}:`,
          );
        }
        ids = [...new Set(records.map(({ run }) => run.joinedRunId ?? run.id))];
        continue;
      }
      if (records.every(({ run }) => run.outcome !== null)) return { records, stoppedBy: "end" };
      if (records.every(isAtRest)) return { records, stoppedBy: "approval" };
      if (app.now() >= untilMs) return { records, stoppedBy: "timeout" };
      await pause(watching.pollMs, interrupted.signal);
      const { signal } = interrupted;
      if (signal.aborted) {
        return { records, stoppedBy: "interruption", isTermination: signal.reason === "SIGTERM" };
      }
    }
  } catch (error) {
    if (error instanceof AwsError) {
      const what = ids.length === 1 ? `Run ${ids[0]} goes on` : `${ids.length} runs go on`;
      tell(app, progress, `${what}, and can be seen no longer:`);
    }
    throw error;
  } finally {
    progress.end();
  }
}

/** Ended, or waiting for a person to approve it: a cancel ends that, too. */
function isAtRest({ run, cancelAtMs }: RunRecord): boolean {
  return run.outcome !== null || (isWaitingForApproval(run) && cancelAtMs === null);
}

async function recordOf({ backend }: WatchControl, id: string): Promise<RunRecord> {
  const record = await runOf(backend.store, id);
  if (record === null) throw new Error(`${id} has no record`);
  return record;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Woken early: the caller looks at the signal.
  }
}

function tell({ output }: App, progress: Progress, ...hints: string[]): void {
  progress.end();
  output.hint(...hints);
}
