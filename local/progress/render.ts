import { oneRun } from "./one-run.ts";
import { severalRuns } from "./several-runs.ts";
import type { Watched } from "./watched.ts";

/** The lines of a terminal, none wider than `width`: one run step by step, several with one line each. */
export function render(watched: Watched[], nowMs: number, width: number): string[] {
  const [only, ...others] = watched;
  if (only === undefined) return [];
  return others.length === 0 ? oneRun(only, nowMs, width) : severalRuns(watched, nowMs, width);
}
