import type { Progress } from "../progress/progress.ts";
import type { Watched } from "../progress/watched.ts";
import { found, problemsIn } from "./check-cloud.ts";
import { refreshAll, type Stage } from "./refresh-all.ts";
import { resultRow } from "./results-table.ts";

const ROUNDS = ["First refresh", "Second refresh"];

export interface Refreshes {
  /** Of each run, in the order of their start. */
  rows: string[][];
  runs: Watched[];
  /** What is not as it should be, a sentence each: of a run, or in the cloud itself. */
  problems: string[];
}

/** Refreshes every recipe, and once more: the second time retires, deletes and cleans up what the first one made. */
export async function refreshTwice(
  stage: Stage,
  openRound: (name: string) => Progress,
  signal: AbortSignal,
): Promise<Refreshes> {
  const { cloud } = stage;
  const before = found(cloud.world);
  const report: Refreshes = { rows: [], runs: [], problems: [] };
  let last: Watched[] = [];
  for (const round of ROUNDS) {
    last = await refreshAll(stage, openRound(round), signal);
    report.rows.push(...last.map((watched) => resultRow(watched, cloud.world)));
    report.runs.push(...last);
    report.problems.push(...last.flatMap(problemOf));
  }
  const currents = new Map(last.map(({ run }) => [run.recipeName, run.candidate?.id ?? ""]));
  report.problems.push(...problemsIn(cloud, currents, before));
  return report;
}

function problemOf({ run }: Watched): string[] {
  if (run.outcome === "succeeded") return [];
  return [
    `${run.id} ${run.outcome ?? `stands still in ${run.step}`}: ${run.failure?.message ?? ""}`,
  ];
}
