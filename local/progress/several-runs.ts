import { took } from "./durations.ts";
import { storyOf, type Watched } from "./story.ts";
import { spaced, textLine } from "./text-line.ts";
import { uploadTime } from "./upload-time.ts";

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
    return textLine(left, took(seconds), width);
  });
}

function summary({ run, head }: Watched, nowMs: number) {
  switch (run.outcome) {
    case null: {
      const text = spaced(storyOf(run).atWork?.text ?? "", uploadTime(run, head, nowMs));
      return { mark: "●", state: run.step, text };
    }
    case "succeeded":
      return { mark: "✓", state: run.outcome, text: run.imageName ?? "" };
    case "joined":
      return { mark: "–", state: run.outcome, text: run.joinedRunId ?? "" };
    case "failed":
    case "cancelled":
      return { mark: "✗", state: run.outcome, text: run.failure?.message ?? "" };
  }
}
