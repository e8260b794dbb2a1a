import { runKey } from "../../shared/run/run-id.ts";
import { serverOff } from "../view/server-off.ts";
import type { App } from "./app.ts";
import { ask } from "./ask.ts";
import type { RunControl } from "./run-control.ts";
import { serverOffText } from "./text/server-off.ts";
import { watchRun, type Watched } from "./watch-run.ts";

/**
 * Watches a run until it has ended, or until somebody leaves it. Ctrl-C in a process that does the work itself would
 * leave the run unfinished: on a terminal it asks first.
 */
export async function watchToEnd(
  app: App,
  control: RunControl,
  runId: string,
  timeoutMs: number | null,
): Promise<Watched> {
  const untilMs = timeoutMs === null ? null : app.now() + timeoutMs;
  let id = runId;
  for (;;) {
    const leftMs = untilMs === null ? null : Math.max(0, untilMs - app.now());
    const watched = await watchRun({ app, ...control, timeoutMs: leftMs }, id);
    if (watched.stoppedBy !== "interruption" || !control.workers.isWorking) return watched;
    const answer = watched.isTermination === true ? "leave" : await askWhatToDo(app, watched);
    if (answer === "leave") return watched;
    if (answer === null) return { ...watched, stoppedBy: "second interruption" };
    id = watched.record.run.id;
    if (answer === "undo") await cancel(app, control, id);
  }
}

/** @returns null: Ctrl-C once more. */
async function askWhatToDo(
  { output }: App,
  { record: { run, cancelAtMs } }: Watched,
): Promise<"undo" | "go on" | "leave" | null> {
  const { stdin } = process;
  if (output.format !== "table" || !stdin.isTTY || !output.err.isTTY) return "leave";
  const off = serverOff(run);
  output.hint(
    `Run ${run.id} is unfinished, and no host runs: it stands still once this command ends.`,
    off === null ? "No server is switched off." : `${serverOffText(off)}.`,
  );
  const streams = { input: stdin, output: output.err };
  const isUndoable = !run.promoted && run.failure === null && cancelAtMs === null;
  if (!isUndoable) return ask(streams, "[g]o on, or [l]eave?", ["go on", "leave"]);
  const question = "[u]ndo the run and stay until that is done, [g]o on, or [l]eave?";
  return ask(streams, question, ["undo", "go on", "leave"]);
}

async function cancel(app: App, { backend }: RunControl, runId: string): Promise<void> {
  const now = app.now();
  await backend.store.mark(runKey(runId), { cancelAtMs: now, sweepAtMs: now });
}
