import type { Outcome } from "../../shared/run/record.ts";
import type { RunReport } from "../view/run-report.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import { counted, duration } from "./text/format.ts";
import type { Paint } from "./text/paint.ts";
import { runReportText } from "./text/run-report.ts";

/** Of a run that was watched to its end. One that joined another is watched to the other's end. */
const STATUS_OF: Record<Outcome, ExitStatus> = {
  succeeded: EXIT.done,
  failed: EXIT.runFailed,
  cancelled: EXIT.cancelled,
  joined: EXIT.done,
  skipped: EXIT.done,
};
/** Of several runs the first of these that one of them ends with. */
const WORST_FIRST = [EXIT.runFailed, EXIT.cancelled, EXIT.goesOn, EXIT.done];

export function worstOf(runs: ReadonlyArray<Pick<RunReport, "state">>): ExitStatus {
  const statuses = runs.map(({ state }) =>
    state === "running" || state === "cancelling" ? EXIT.goesOn : STATUS_OF[state],
  );
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? EXIT.done;
}

/** What people are told of a run that has ended. */
export function endText(run: RunReport, nowMs: number, paint: Paint): string[] {
  return run.state === "succeeded" ? [successText(run)] : runReportText(run, nowMs, paint);
}

function successText(run: RunReport): string {
  const replaced = run.replaced_image === null ? "" : ` (before: ${run.replaced_image})`;
  const took = `${duration(run.elapsed_seconds)}, ${counted(run.api_calls, "API call")}`;
  return `Current for ${run.recipe}: ${run.image?.id ?? "–"}${replaced}. ${took}.`;
}
