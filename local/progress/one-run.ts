import type { StepName } from "../../shared/run/step-names.ts";
import { duration, hoursAndMinutes } from "../cli/text/format.ts";
import { timeOf } from "../view/document.ts";
import { viewSteps, type StepView } from "../view/steps.ts";
import { headline } from "./headline.ts";
import { spaced, textLine } from "./text-line.ts";
import { uploadTime } from "./upload-time.ts";
import type { Watched } from "./watched.ts";

/** The longest step name and two blanks. */
const NAME_WIDTH = 20;

/** Seconds of work between the upload and the end: when they go well, they share a line. */
const SMALL: readonly StepName[] = [
  "validate-sync",
  "test-boot",
  "promote-image",
  "retire-images",
  "clean-up-snapshots",
];

/** A headline, a line for each step that is over, and the step at work with its time. */
export function oneRun(watched: Watched, nowMs: number, width: number): string[] {
  const lines = [textLine(headline(watched), "", width)];
  let small: StepView[] = [];
  for (const step of viewSteps(watched.run, nowMs)) {
    if (step.state === "done" && SMALL.includes(step.name)) {
      small.push(step);
      continue;
    }
    lines.push(...smallLine(small, width), stepLine(step, watched, nowMs, width));
    small = [];
  }
  return [...lines, ...smallLine(small, width)];
}

function smallLine(steps: StepView[], width: number): string[] {
  if (steps.length === 0) return [];
  const seconds = steps.reduce((sum, step) => sum + step.took_seconds, 0);
  const names = steps.map((step) => step.name).join(" · ");
  return [textLine(`  ✓ ${names}`, duration(seconds), width)];
}

function stepLine(step: StepView, watched: Watched, nowMs: number, width: number): string {
  const left = `${step.name.padEnd(NAME_WIDTH)}${step.message}`;
  switch (step.state) {
    case "done":
      return textLine(`  ✓ ${left}`, duration(step.took_seconds), width);
    case "failed":
      return textLine(`  ✗ ${left}`, duration(step.took_seconds), width);
    case "running": {
      // Once promoted, a run only goes forward: its deadline means nothing any more.
      const { promoted, deadlineAtMs } = watched.run;
      const right = promoted ? "" : `deadline ${hoursAndMinutes(timeOf(deadlineAtMs))}`;
      return textLine(`  ● ${spaced(left, uploadTime(watched, nowMs))}`, right, width);
    }
  }
}
