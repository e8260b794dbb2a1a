import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "../../shared/aws/error.ts";
import { openProgress, type Progress } from "../progress/progress.ts";
import { headOf, runOf } from "../view/read.ts";
import type { RunRecord } from "../view/run.ts";
import { viewEvents } from "../view/steps.ts";
import type { App } from "./app.ts";
import { interruption } from "./signals.ts";
import type { RunControl } from "./run-control.ts";

export interface Watching extends RunControl {
  app: App;
  /** Null: as long as it takes. */
  timeoutMs: number | null;
}

export interface Watched {
  /** As last read: of the run that did the work, if the one asked for joined it. */
  record: RunRecord;
  stoppedBy: "end" | "timeout" | "interruption" | "second interruption";
  /** SIGTERM, not Ctrl-C: nobody is there to be asked. */
  isTermination?: boolean;
}

/** Shows a run until it has ended. Should the host stop meanwhile, this process goes on with the work. */
export async function watchRun(watching: Watching, runId: string): Promise<Watched> {
  const { app, backend, workers, warnings, timeoutMs } = watching;
  const untilMs = timeoutMs === null ? Number.POSITIVE_INFINITY : app.now() + timeoutMs;
  using interrupted = interruption();
  const events = new EventLines(app);
  let progress = openProgress(app.output.err);
  let id = runId;
  try {
    for (;;) {
      if (await workers.takeOverIfAbandoned(app.now())) {
        progress = told(
          app,
          progress,
          "No host runs any more: this command goes on with the work.",
        );
      }
      const warned = warnings.take();
      if (warned.length > 0) progress = told(app, progress, ...warned);
      const record = await runOf(backend.store, id);
      if (record === null) throw new Error(`${id} has no record`);
      const head = await headOf(backend.store, record.run.recipeName);
      progress.update([{ run: record.run, head }], app.now());
      events.tell(record);
      if (record.run.joinedRunId !== null) {
        id = record.run.joinedRunId;
        const { recipeName } = record.run;
        progress = told(app, progress, `${recipeName} is being refreshed already, by ${id}:`);
        continue;
      }
      if (record.run.outcome !== null) return { record, stoppedBy: "end" };
      if (app.now() >= untilMs) return { record, stoppedBy: "timeout" };
      await pause(watching.lookMs, interrupted.signal);
      const { signal } = interrupted;
      if (signal.aborted) {
        return { record, stoppedBy: "interruption", isTermination: signal.reason === "SIGTERM" };
      }
    }
  } catch (error) {
    if (error instanceof AwsError) {
      progress = told(app, progress, `Run ${id} goes on, and can be seen no longer:`);
    }
    throw error;
  } finally {
    progress.end();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Woken early: the caller looks at the signal.
  }
}

function told(app: App, progress: Progress, ...hints: string[]): Progress {
  progress.end();
  app.output.hint(...hints);
  return openProgress(app.output.err);
}

/** With `-o jsonl`: each event of the story as it happens, once. */
class EventLines {
  private readonly app: App;
  private readonly told = new Set<string>();

  constructor(app: App) {
    this.app = app;
  }

  tell({ run }: RunRecord): void {
    if (this.app.output.format !== "jsonl") return;
    for (const event of viewEvents(run)) {
      const key = `${run.id} ${event.at} ${event.kind} ${event.message}`;
      if (this.told.has(key)) continue;
      this.told.add(key);
      this.app.output.line({ event: { run: run.id, ...event } });
    }
  }
}
