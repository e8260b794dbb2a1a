import type { RunRecord } from "../view/run.ts";
import { requestCancel } from "../../shared/protocol/cancel.ts";
import { randomIds } from "../ids.ts";
import { serverOff } from "../view/server-off.ts";
import type { App } from "./app.ts";
import { ask } from "./ask.ts";
import type { WatchControl } from "./run-control.ts";
import { serverOffText } from "./text/server-off.ts";
import { watchRuns, type Watched } from "./watch-run.ts";

/**
 * Watches runs until all have ended, or until somebody leaves them. Ctrl-C in a process that does the work itself would
 * leave them unfinished: on a terminal it asks first.
 */
export async function watchToEnd(
  app: App,
  control: WatchControl,
  runIds: string[],
  timeoutMs: number | null,
): Promise<Watched> {
  const untilMs = timeoutMs === null ? null : app.now() + timeoutMs;
  let ids = runIds;
  for (;;) {
    const leftMs = untilMs === null ? null : Math.max(0, untilMs - app.now());
    const watched = await watchRuns({ app, ...control, timeoutMs: leftMs }, ids);
    if (watched.stoppedBy !== "interruption" || !control.workers.isWorking) return watched;
    const answer = watched.isTermination === true ? "leave" : await askWhatToDo(app, watched);
    if (answer === "leave") return watched;
    if (answer === null) return { ...watched, stoppedBy: "second interruption" };
    ids = watched.records.map(({ run }) => run.id);
    if (answer === "undo") await cancel(app, control, watched.records.filter(isUndoable));
  }
}

/** @returns null: Ctrl-C once more. */
async function askWhatToDo(
  { output }: App,
  { records }: Watched,
): Promise<"undo" | "go on" | "leave" | null> {
  const { stdin } = process;
  if (output.format !== "table" || !stdin.isTTY || !output.err.isTTY) return "leave";
  const unfinished = records.filter(({ run }) => run.outcome === null);
  const off = unfinished.flatMap(({ run }) => serverOff(run) ?? []);
  const ids = unfinished.map(({ run }) => run.id).join(", ");
  output.hint(
    unfinished.length === 1
      ? `Run ${ids} is unfinished, and no host runs: it stands still once this command ends.`
      : `Runs ${ids} are unfinished, and no host runs: they stand still once this command ends.`,
    ...(off.length === 0
      ? ["No server is switched off."]
      : off.map((each) => `${serverOffText(each)}.`)),
  );
  const streams = { input: stdin, output: output.err };
  const undoable = unfinished.filter(isUndoable).length;
  if (undoable === 0) return ask(streams, "[g]o on, or [l]eave?", ["go on", "leave"]);
  const what =
    unfinished.length === 1
      ? "the run"
      : undoable === unfinished.length
        ? "them"
        : `${undoable} of them`;
  const question = `[u]ndo ${what} and stay until that is done, [g]o on, or [l]eave?`;
  return ask(streams, question, ["undo", "go on", "leave"]);
}

function isUndoable({ run, cancelAtMs }: RunRecord): boolean {
  return run.outcome === null && !run.promoted && run.failure === null && cancelAtMs === null;
}

async function cancel(app: App, { backend }: WatchControl, records: RunRecord[]): Promise<void> {
  for (const { run } of records) {
    const deps = { store: backend.store, ids: randomIds, now: app.now };
    await requestCancel(deps, run.id, `${app.userName} (Ctrl-C)`);
  }
}
