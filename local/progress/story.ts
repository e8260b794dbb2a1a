import type { Head } from "../../shared/image/head.ts";
import type { Run, StepName } from "../../shared/run/record.ts";

/** A run and its recipe's head, as last read. */
export interface Watched {
  run: Run;
  head: Head | null;
}

export interface DoneStep {
  name: StepName;
  text: string;
  seconds: number;
  failed: boolean;
}

/** A run's timeline as its steps: those that are over, and the one at work. */
export interface Story {
  done: DoneStep[];
  /** Null: the run has ended. */
  atWork: { name: StepName; text: string; sinceMs: number } | null;
}

export function storyOf(run: Run): Story {
  const done: DoneStep[] = [];
  let sinceMs = run.startedAtMs;
  let text = "";
  for (const event of run.timeline) {
    const failed = event.kind === "failure";
    if (failed || event.kind === "step") {
      done.push({
        name: event.step,
        text: event.step === "abandon" ? leftBehind(run) : event.text,
        seconds: (event.atMs - sinceMs) / 1000,
        failed,
      });
      sinceMs = event.atMs;
      text = "";
    } else if (event.kind !== "answer") {
      text = event.text;
    }
  }
  return { done, atWork: run.outcome === null ? { name: run.step, text, sinceMs } : null };
}

function leftBehind(run: Run): string {
  return run.leftovers.length === 0 ? "nothing is left behind" : run.leftovers.join(", ");
}
