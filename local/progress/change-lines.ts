import { duration } from "../cli/text/format.ts";
import { viewSteps, type StepView } from "../view/steps.ts";
import { headline } from "./headline.ts";
import { printable, spaced } from "./text-line.ts";
import { usualTime } from "./upload-time.ts";
import type { Watched } from "./watched.ts";

/** For a log: a line for each run, step and status that was not told yet, and none twice. */
export class ChangeLines {
  private readonly told = new Map<string, { steps: number; status: string }>();

  next(watched: Watched[], nowMs: number): string[] {
    return watched.flatMap((each) => this.changesOf(each, nowMs)).map(printable);
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

function overLine(recipeName: string, { name, state, message, took_seconds }: StepView): string {
  const mark = state === "done" ? "✓" : "✗";
  return spaced(`${recipeName}  ${mark} ${name}`, message, duration(took_seconds));
}

/** Empty: nothing is known of the step yet, or the run has ended. */
function statusLine(watched: Watched, last: StepView | undefined): string {
  if (last?.state !== "running" || last.message === "") return "";
  return spaced(`${watched.run.recipeName}  ● ${last.name}`, last.message, usualTime(watched));
}
