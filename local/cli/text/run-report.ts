import type { Call, RunView } from "../../view/run.ts";
import type { StepView } from "../../view/steps.ts";
import type { RunReport, Thing } from "../../view/run-report.ts";
import { faultConsequence, faultText } from "./current-fault.ts";
import { clock, counted, duration, hoursAndMinutes } from "./format.ts";
import { printable } from "../../progress/text-line.ts";
import type { Paint } from "./paint.ts";
import { runState } from "./run-state.ts";
import { columns } from "./table.ts";
import { triggerText } from "./trigger.ts";

/** A run's whole report: how it stands, why, what was undone, what is left, what to do; then step by step. */
export function runReportText(run: RunReport, nowMs: number, paint: Paint): string[] {
  return [
    `${paint("bold", runState(run, nowMs, paint))}   ${runOrigin(run, nowMs)}`,
    ...columns(runReportRows(run, nowMs)),
    "",
    ...stepLines(run.steps, paint),
  ];
}

type Row = [label: string, text: string];

/** All but the steps: label and text. A row without a label belongs to the one before. */
export function runReportRows(run: RunReport, nowMs: number): Row[] {
  const took = `${duration(run.elapsed_seconds)}${run.ended_at === null ? " so far" : ""}`;
  return [
    ["Run", `${run.id}, ${took}, ${counted(run.api_calls, "API call")}`],
    ...(run.failure === null ? madeRows(run) : failureRows(run, nowMs)),
    ...hookRows(run),
    ...currentRows(run, nowMs),
    ...goOnRows(run),
    ...(run.joined_run === null ? [] : [["Next", `regild status ${run.joined_run}`] satisfies Row]),
  ];
}

export function runOrigin(run: RunView, nowMs: number): string {
  const region = run.region_name === null ? "" : ` (${run.region_name})`;
  const started = `${triggerText(run)} ${clock(run.started_at, nowMs)}`;
  const failed =
    run.failure === null ? "" : `, failed ${time(run.failure.at, nowMs)} in ${run.step}`;
  return `recipe ${run.recipe} on ${run.cloud}${region}, ${started}${failed}`;
}

/** Beside a date that is said already. */
function time(at: string, nowMs: number): string {
  return clock(at, nowMs).replace("today ", "");
}

function madeRows(run: RunReport): Row[] {
  const rows: Row[] = [];
  if (run.source !== null) {
    const down = run.down_seconds === null ? "" : `, was down ${duration(run.down_seconds)}`;
    rows.push(["Source", `${run.source.kind} ${run.source.name}  ${run.source.id}${down}`]);
  }
  if (run.image !== null) {
    const replaced = run.replaced_image === null ? "" : `, replaced ${run.replaced_image}`;
    rows.push(["Image", `${run.image.name}  ${run.image.id}${replaced}`]);
  }
  if (run.rolled_back !== null) {
    const { to, by, reason } = run.rolled_back;
    const why = reason === null ? "" : `: ${reason}`;
    rows.push(["Left for", `${to?.name ?? to?.id ?? "none"} by ${by}${why}`]);
  }
  const deleted = [
    ...run.images_deleted.map((id) => `image ${id}`),
    ...(run.snapshots_deleted === 0 ? [] : [counted(run.snapshots_deleted, "snapshot")]),
  ];
  if (deleted.length > 0) rows.push(["Deleted", deleted.join(", ")]);
  if (run.left.length > 0) rows.push(["Left", leftText(run)]);
  return [...rows, ...afterPromoteRows(run), ...exportRows(run)];
}

/** What became of the server that a build named. */
function afterPromoteRows({ after_promote: after, source, state }: RunReport): Row[] {
  if (after === null || source === null || state !== "succeeded") return [];
  const isDelete = after.action === "delete_server";
  const done = isDelete ? "deleted" : "stopped";
  const verb = isDelete ? "delete" : "stop";
  if (after.done_at !== null) return [["Server", `${source.id} ${done}`]];
  const why = after.kept === null ? "" : `: ${printable(after.kept)}`;
  return [
    ["Left", `server ${source.id} is not ${done}${why}`],
    ["Next", `Look at it, then: openstack server ${verb} ${source.id}`],
  ];
}

/** Where the image went, or why it did not. */
function exportRows({ export: exported, image }: RunReport): Row[] {
  if (exported === null) return [];
  const { to, state, job, problem } = exported;
  if (problem !== null)
    return [
      ["Left", `image ${image?.id} is not exported to ${to}: ${printable(problem.message)}`],
      ["Next", printable(problem.remedy)],
    ];
  if (state === "done") return [["Exported", to]];
  const by = job === null ? "" : `, job ${job}`;
  return [
    ["Export", `to ${to}${state === "running" ? `, under way${by}` : ", after the promotion"}`],
  ];
}

/** Only while a hook does not take the question. */
function hookRows({ hook_problem: problem }: RunReport): Row[] {
  return problem === null ? [] : [["Hook", `has not taken the question: ${printable(problem)}`]];
}

/** Only if the current image is of no use. */
function currentRows({ recipe, current }: RunReport, nowMs: number): Row[] {
  if (current === null || current.fault === null) return [];
  const { id, name, fault } = current;
  return [
    ["Current", `${name}  ${id}: ${faultText(fault, nowMs)}`],
    ["", faultConsequence(fault, recipe, id)],
  ];
}

function goOnRows(run: RunReport): Row[] {
  if (run.nobody_works_since === null) return [];
  const isPromoted = run.image !== null && run.image.id === run.current?.id;
  const canUndo = run.state === "running" && run.failure === null && !isPromoted;
  return [
    ["Continue", `regild serve, or only this run: regild refresh ${run.recipe} --wait`],
    ...(canUndo ? [["Undo", `regild cancel ${run.id} --wait`] satisfies Row] : []),
  ];
}

function failureRows(run: RunReport, nowMs: number): Row[] {
  const { failure, undone } = run;
  if (failure === null) return [];
  const done = undone.map((thing) => `✓ ${undoneText(thing, run, nowMs)}`).join("   ");
  const current =
    run.current === null || run.current.fault !== null ? "" : `. ${currentText(run.current, run)}`;
  const left = run.ended_at === null ? "to be seen: it is being undone" : leftText(run);
  return [
    ["Why", printable(whyText(failure, nowMs))],
    ...(failure.calls.length === 0
      ? []
      : [["Proof", failure.calls.map(callText).join("; ")] satisfies Row]),
    done === "" ? ["Undone", "Nothing to undo"] : ["Undone", done],
    ["Left", `${left}${current}`],
    ["Next", printable(failure.remedy)],
  ];
}

/** The image of today, which a later run may have made. */
function currentText({ name, since }: { name: string; since: string }, run: RunReport): string {
  return Date.parse(since) <= Date.parse(run.started_at)
    ? `Current is still ${name}, untouched`
    : `Current is ${name} now`;
}

/** `Cancelled by anna (cli) while the image was uploading, at today 03:36 UTC`. */
function whyText({ message, cancelled }: NonNullable<RunView["failure"]>, nowMs: number): string {
  return cancelled === null ? message : `${message}, asked for at ${time(cancelled.at, nowMs)}`;
}

function undoneText({ kind, id, at }: Thing, run: RunReport, nowMs: number): string {
  const when = at === null ? "" : ` ${time(at, nowMs)}`;
  if (kind === "server") {
    const down = run.down_seconds === null ? "" : `, down ${duration(run.down_seconds)}`;
    const name = run.source?.kind === "server" ? run.source.name : `server ${id}`;
    return `${name} started again${when}${down}`;
  }
  if (kind === "volume" && id === run.source?.id) return `${run.source.name} put back as it was`;
  return kind === "image" ? `image ${id} deleted${when}` : `temporary ${kind} deleted${when}`;
}

function leftText({ left, source }: RunReport): string {
  if (left.length === 0) return "nothing";
  const things = left.map(({ kind, id, why }) => {
    const undeleted = kind === "volume" && id === source?.id ? "put back" : "deleted";
    const verb = kind === "server" ? "started" : undeleted;
    return `${kind} ${id} still has to be ${verb}${why === null ? "" : `: ${printable(why)}`}`;
  });
  return `${things.join(", ")} (tried again until it is)`;
}

export function callText({ method, service, path, status, request_id: requestId }: Call): string {
  const answer = status === null ? "no answer" : String(status);
  const request = requestId === null ? "" : ` (${requestId})`;
  return printable(`${method} ${service} ${path} → ${answer}${request}`);
}

function stepLines(steps: StepView[], paint: Paint): string[] {
  const signs = { done: paint("green", "✓"), failed: paint("red", "✗"), running: "●" };
  const heads = columns(
    steps.map((step) => [
      `${signs[step.state]} ${step.name}`,
      hoursAndMinutes(step.started_at),
      duration(step.took_seconds),
      printable(step.message),
    ]),
  );
  return steps.flatMap((step, index) => [
    heads[index] ?? "",
    ...callLines(step.calls).map((line) => paint("dim", `    ${line}`)),
  ]);
}

/** Calls that were never answered have no id to tell them apart by. */
function callLines(calls: Call[]): string[] {
  const alike = Map.groupBy(calls.map(callText), (text) => text);
  return [...alike].map(([text, { length }]) =>
    length === 1 ? text : `${text} (${length} times)`,
  );
}
