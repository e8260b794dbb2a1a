import { about, duration } from "../cli/text/format.ts";
import { viewSteps, type StepView } from "../view/steps.ts";
import { headline } from "./headline.ts";
import { printable, spaced } from "./text-line.ts";
import { timeLeft, usualTime } from "./upload-time.ts";
import type { Watched } from "./watched.ts";

/** A log that says nothing for longer looks like a process that hangs; some build systems end those. */
const HEARTBEAT_MS = 60_000;

/**
 * For a log: a line for each run, step and status that was not told yet, and none twice. While nothing changes, a line
 * a minute for each run that has not ended.
 */
export class ChangeLines {
  private readonly told = new Map<string, { steps: number; status: string }>();
  private reportedAtMs: number | null = null;

  next(watched: Watched[], nowMs: number): string[] {
    const changes = watched.flatMap((each) => this.changesOf(each, nowMs));
    const isQuiet = changes.length === 0 && nowMs - (this.reportedAtMs ?? nowMs) >= HEARTBEAT_MS;
    const lines = isQuiet ? watched.flatMap((each) => heartbeat(each, nowMs)) : changes;
    if (lines.length > 0 || this.reportedAtMs === null) this.reportedAtMs = nowMs;
    return lines.map(printable);
  }

  private changesOf(watched: Watched, nowMs: number): string[] {
    const { run } = watched;
    const steps = viewSteps(run, nowMs);
    const over = steps.filter((step) => step.state !== "running");
    const status = statusLine(watched, steps.at(-1));
    const before = this.told.get(run.id);
    this.told.set(run.id, { steps: over.length, status });
    return [
      ...(before === undefined ? [headline(watched)] : []),
      ...over.slice(before?.steps ?? 0).map((step) => overLine(run.recipeName, step)),
      ...(status === "" || status === before?.status ? [] : [status]),
    ];
  }
}

function heartbeat(watched: Watched, nowMs: number): string[] {
  const { run } = watched;
  const step = viewSteps(run, nowMs).at(-1);
  if (run.outcome !== null) return [];
  const name = `${run.recipeName}  ● ${step?.name ?? run.step}`;
  const time = timeLeft(watched, nowMs) || `${about((nowMs - run.startedAtMs) / 1000)} so far`;
  return [spaced(name, step?.message ?? "", time)];
}

function overLine(recipeName: string, { name, state, message, took_seconds }: StepView): string {
  const mark = state === "done" ? "✓" : "✗";
  return spaced(`${recipeName}  ${mark} ${name}`, message, duration(took_seconds));
}

/** Empty: nothing is known of the step yet, or the run has ended. */
function statusLine(watched: Watched, last: StepView | undefined): string {
  if (last?.state !== "running" || last.message === "") return "";
  return spaced(`${watched.run.recipeName}  ● ${last.name}`, last.message, usualTime(watched));
}
