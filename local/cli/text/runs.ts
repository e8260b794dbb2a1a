import type { RunView } from "../../view/run.ts";
import { clock, duration } from "./format.ts";
import type { Paint } from "./paint.ts";
import { runState } from "./run-state.ts";
import { table } from "./table.ts";
import { triggerText } from "./trigger.ts";

const HEADER = ["RUN", "TRIGGER", "STARTED", "TOOK", "RESULT"];

export function runsText(runs: RunView[], nowMs: number, paint: Paint): string[] {
  const rows = runs.map((run) => [
    run.id,
    triggerText(run),
    clock(run.started_at, nowMs),
    duration(run.elapsed_seconds) + (run.ended_at === null ? " so far" : ""),
    result(run, nowMs, paint),
  ]);
  return runs.length === 0 ? ["No runs yet."] : table(HEADER, rows);
}

function result(run: RunView, nowMs: number, paint: Paint): string {
  const state = runState(run, nowMs, paint);
  return run.state === "succeeded" && run.image !== null ? `${state} → ${run.image.id}` : state;
}
