import type { RunView } from "../../view/run.ts";
import { about, clock, sentText } from "./format.ts";
import { waitingText } from "./approval.ts";
import type { Paint } from "./paint.ts";
import { serverOffText } from "./server-off.ts";

/** How a run stands, in a few words. */
export function runState(run: RunView, nowMs: number, paint: Paint): string {
  const { server_off: off } = run;
  const state = stateOf(run, nowMs, paint);
  if (off === null) return state;
  const since = clock(off.since, nowMs).replace("today ", "");
  return `${state}, ${paint("yellow", serverOffText(off))} since ${since}`;
}

function stateOf(run: RunView, nowMs: number, paint: Paint): string {
  switch (run.state) {
    case "succeeded":
      return paint("green", "succeeded");
    case "failed":
      return paint("red", `FAILED ${run.failure?.code ?? ""}`);
    case "cancelled":
      return paint("yellow", "cancelled");
    case "skipped":
      return run.note ?? "skipped";
    case "joined":
      return `joined ${run.joined_run ?? ""}`;
    case "cancelling":
      return run.nobody_works_since === null
        ? `${run.step}, being cancelled`
        : `${run.step}, to be cancelled, ${running(run, nowMs, paint)}`;
    case "running":
      return run.note !== null && run.nobody_works_since === null
        ? run.note
        : `${run.step}, ${running(run, nowMs, paint)}`;
  }
}

function running(run: RunView, nowMs: number, paint: Paint): string {
  if (run.nobody_works_since !== null) {
    return paint("red", `nobody works on it since ${clock(run.nobody_works_since, nowMs)}`);
  }
  if (run.failure !== null) return `undoes what it did: ${run.failure.code}`;
  if (run.approval?.state === "waiting")
    return paint("yellow", `${waitingText(run.approval, nowMs)}: regild approve ${run.recipe}`);
  if (run.sent !== null) return sentText(run.sent);
  if (run.expected_left_seconds !== null) return `about ${about(run.expected_left_seconds)} left`;
  return `deadline ${clock(run.deadline_at, nowMs).replace("today ", "")}`;
}
