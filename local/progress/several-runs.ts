import { duration } from "../cli/text/format.ts";
import { viewSteps } from "../view/steps.ts";
import { spaced, textLine } from "./text-line.ts";
import { uploadTime } from "./upload-time.ts";
import type { Watched } from "./watched.ts";

/** The longest step name and two blanks. */
const STATE_WIDTH = 20;

/** One line for each run. */
export function severalRuns(watched: Watched[], nowMs: number, width: number): string[] {
  const nameWidth = Math.max(0, ...watched.map(({ run }) => run.recipeName.length)) + 2;
  return watched.map((each) => {
    const { run } = each;
    const { mark, state, text } = summary(each, nowMs);
    const seconds = ((run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000;
    const left = `  ${mark} ${run.recipeName.padEnd(nameWidth)}${state.padEnd(STATE_WIDTH)}${text}`;
    return textLine(left, duration(seconds), width);
  });
}

function summary(watched: Watched, nowMs: number) {
  const { run } = watched;
  switch (run.outcome) {
    case null: {
      const text = spaced(viewSteps(run, nowMs).at(-1)?.message ?? "", uploadTime(watched, nowMs));
      return { mark: "●", state: run.step, text };
    }
    case "succeeded":
      return { mark: "✓", state: run.outcome, text: run.imageName ?? "" };
    case "skipped":
      return { mark: "–", state: run.outcome, text: viewSteps(run, nowMs).at(-1)?.message ?? "" };
    case "joined":
      return { mark: "–", state: run.outcome, text: run.joinedRunId ?? "" };
    case "failed":
    case "cancelled":
      return { mark: "✗", state: run.outcome, text: run.failure?.message ?? "" };
  }
}
