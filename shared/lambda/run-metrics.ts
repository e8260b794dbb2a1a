import type { Item } from "../ports.ts";
import { readDocument } from "../read-document.ts";
import { type Run, runSchema } from "../run/record.ts";
import type { StepName } from "../run/step-names.ts";
import type { Values } from "./metrics.ts";

export interface Measured {
  values: Values;
  by: Readonly<Record<string, string>>;
}

/**
 * What a write of the store adds to the numbers: mostly nothing, and with the end of a run all that there is to count of
 * it, once.
 * @throws Error for a record that cannot be read.
 */
export function metricsOf({
  before,
  after,
}: {
  before: Item | null;
  after: Item | null;
}): Measured[] {
  if (after === null || !after.key.sk.startsWith("run#")) return [];
  // An item has a day from its end on.
  if (after.day === null || (before !== null && before.day !== null)) return [];
  const run = readDocument(after.doc, runSchema);
  if (run.outcome === null) return [];
  const ended = { values: { regild_runs_total: 1 }, by: { outcome: run.outcome } };
  // One that joined another, or was skipped, has done no work of its own.
  if (run.outcome === "joined" || run.outcome === "skipped") return [ended];
  const steps = [...secondsPerStep(run)];
  return [
    ended,
    ...steps.map(([step, seconds]) => ({
      values: { regild_step_duration_seconds: seconds },
      by: { step },
    })),
    ...uploadOf(run),
  ];
}

/** From the request for the image until it was active, of a run that succeeded. */
function uploadOf({ outcome, candidate }: Run): Measured[] {
  if (outcome !== "succeeded" || candidate === null || candidate.activeAtMs === null) return [];
  const seconds = (candidate.activeAtMs - candidate.askedAtMs) / 1000;
  return [{ values: { regild_upload_duration_seconds: seconds }, by: {} }];
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
