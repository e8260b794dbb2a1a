import type { RunView } from "../../view/run.ts";
import { clockCell, duration } from "./format.ts";
import type { Paint } from "./paint.ts";
import { runState } from "./run-state.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";
import { triggerText } from "./trigger.ts";

const COLUMNS: Column[] = [
  { name: "RUN", give: "never" },
  { name: "TRIGGER", give: "text", leave: 3 },
  { name: "STARTED", give: "text", leave: 2 },
  { name: "TOOK", give: "text", leave: 1 },
  { name: "RESULT", give: "text" },
];

export function runsText(
  runs: RunView[],
  nowMs: number,
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  return runs.length === 0 ? ["No runs yet."] : sheetText(runsSheet(runs, nowMs, paint), width);
}

export function runsSheet(runs: RunView[], nowMs: number, paint: Paint): Sheet {
  const rows = runs.map((run) => [
    run.id,
    triggerText(run),
    clockCell(run.started_at, nowMs),
    duration(run.elapsed_seconds) + (run.ended_at === null ? " so far" : ""),
    result(run, nowMs, paint),
  ]);
  return { columns: COLUMNS, rows };
}

function result(run: RunView, nowMs: number, paint: Paint): string {
  const state = runState(run, nowMs, paint);
  return run.state === "succeeded" && run.image !== null ? `${state} → ${run.image.id}` : state;
}
