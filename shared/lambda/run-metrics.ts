import type { Run } from "../run/record.ts";
import type { StepName } from "../run/step-names.ts";
import type { Values } from "./metrics.ts";

export interface Measured {
  values: Values;
  by: Readonly<Record<string, string>>;
}

/**
 * What one commit of a run adds to the numbers: mostly nothing, and at its end all there is, once.
 * @param before null: the run is new.
 */
export function metricsOf(before: Run | null, after: Run): Measured[] {
  if (after.outcome === null || (before !== null && before.outcome !== null)) return [];
  const ended = { values: { RunsEnded: 1 }, by: { Outcome: after.outcome } };
  // One that joined another has done no work of its own.
  if (after.outcome === "joined") return [ended];
  const steps = [...secondsPerStep(after)];
  return [
    ended,
    ...steps.map(([Step, StepSeconds]) => ({ values: { StepSeconds }, by: { Step } })),
  ];
}

/** Of every time that the run was in a step: a failed synchronisation leads it through some of them again. */
function secondsPerStep({ startedAtMs, timeline }: Run): Map<StepName, number[]> {
  const seconds = new Map<StepName, number[]>();
  let sinceMs = startedAtMs;
  for (const { kind, step, atMs } of timeline) {
    if (kind !== "step" && kind !== "failure") continue;
    // Clocks of workers differ.
    const took = Math.max(0, atMs - sinceMs) / 1000;
    seconds.set(step, [...(seconds.get(step) ?? []), took]);
    sinceMs = atMs;
  }
  return seconds;
}
