import type { Head } from "../../shared/image/head.ts";
import { expectedSeconds } from "../../shared/run/next-look.ts";
import type { Run, StepName } from "../../shared/run/record.ts";
import { about, took } from "./durations.ts";
import { storyOf, type DoneStep, type Watched } from "./story.ts";
import { spaced, textLine } from "./text-line.ts";
import { uploadTime } from "./upload-time.ts";

/** The longest step name and two blanks. */
const NAME_WIDTH = 20;

/** A headline, a line for each step that is over, and the step at work with its time. */
export function oneRun(watched: Watched, nowMs: number, width: number): string[] {
  const { run, head } = watched;
  const { done, atWork } = storyOf(run);
  const lines = [headline(watched), ...doneLines(done, width)];
  if (atWork !== null) {
    const left = spaced(
      `  ● ${atWork.name.padEnd(NAME_WIDTH)}${atWork.text}`,
      uploadTime(run, head, nowMs),
    );
    // Once promoted, a run only goes forward: its deadline means nothing any more.
    const right = run.promoted ? "" : `deadline ${clockTime(run.deadlineAtMs)}`;
    lines.push(textLine(left, right, width));
  }
  return lines.map((line) => textLine(line, "", width));
}

export function headline({ run, head }: Watched): string {
  const { cloud, region } = run.recipe;
  const place = region === null ? cloud : `${cloud} (${region})`;
  return `Run ${run.id}: recipe ${run.recipeName} on ${place}${outage(run, head)}`;
}

/** A stopped server is down until its upload has ended, unless a snapshot holds its content earlier. */
function outage({ recipe, source }: Run, head: Head | null): string {
  const earlier = head?.uploadSeconds ?? [];
  const usual = expectedSeconds(earlier);
  const isUntilUploaded = recipe.prepare.stopServer && recipe.capture === "server";
  if (!isUntilUploaded || usual === null || source === null) return "";
  const uploads = earlier.length === 1 ? "upload" : "uploads";
  return `. ${source.name} will be down about ${about(usual)} (${earlier.length} earlier ${uploads})`;
}

/** Seconds of work between the upload and the end: when they go well, they share a line. */
const SMALL: readonly StepName[] = [
  "validate-sync",
  "promote-image",
  "retire-images",
  "clean-up-snapshots",
];

function doneLines(done: DoneStep[], width: number): string[] {
  const isSmall = (step: DoneStep) => !step.failed && SMALL.includes(step.name);
  const lines: string[] = [];
  let small: DoneStep[] = [];
  for (const step of done) {
    if (isSmall(step)) small.push(step);
    else {
      lines.push(...smallLine(small, width));
      small = [];
      const left = `  ${step.failed ? "✗" : "✓"} ${step.name.padEnd(NAME_WIDTH)}${step.text}`;
      lines.push(textLine(left, took(step.seconds), width));
    }
  }
  return [...lines, ...smallLine(small, width)];
}

function smallLine(steps: DoneStep[], width: number): string[] {
  if (steps.length === 0) return [];
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  return [textLine(`  ✓ ${steps.map((step) => step.name).join(" · ")}`, took(seconds), width)];
}

function clockTime(atMs: number): string {
  return new Date(atMs).toTimeString().slice(0, 5);
}
