import * as z from "zod/mini";
import type { Run } from "../../shared/run/record.ts";
import { STEP_NAMES } from "../../shared/run/step-names.ts";
import { seconds, secondsBetween, time, timeOf } from "./document.ts";
import { callSchema, viewCall } from "./run.ts";

export const stepSchema = z.strictObject({
  name: z.enum(STEP_NAMES),
  state: z.enum(["done", "failed", "running"]),
  started_at: time,
  took_seconds: seconds,
  /** What came of it, or what was seen last. */
  message: z.string(),
  /** Calls that changed something, were refused or never answered. */
  calls: z.array(callSchema),
});
export type StepView = z.infer<typeof stepSchema>;

export const eventSchema = z.strictObject({
  at: time,
  step: z.enum(STEP_NAMES),
  kind: z.string(),
  message: z.string(),
  /** How often this was seen in a row. */
  count: z.int(),
  calls: z.array(callSchema),
});
export type EventView = z.infer<typeof eventSchema>;

/** The timeline as the steps it went through: each ends with the event that says it is done, or has failed. */
export function viewSteps(run: Run, nowMs: number): StepView[] {
  const steps: StepView[] = [];
  let sinceMs = run.startedAtMs;
  let calls: StepView["calls"] = [];
  let seen = "";
  for (const event of run.timeline) {
    calls.push(...event.calls.map(viewCall));
    seen = event.text;
    if (event.kind !== "step" && event.kind !== "failure") continue;
    steps.push({
      name: event.step,
      state: event.kind === "step" ? "done" : "failed",
      started_at: timeOf(sinceMs),
      took_seconds: secondsBetween(sinceMs, event.atMs),
      message: event.step === "abandon" ? leftBehind(run) : event.text,
      calls,
    });
    sinceMs = event.atMs;
    calls = [];
    seen = "";
  }
  if (run.outcome === null) {
    steps.push({
      name: run.step,
      state: "running",
      started_at: timeOf(sinceMs),
      took_seconds: secondsBetween(sinceMs, nowMs),
      message: seen,
      calls,
    });
  }
  return steps;
}

function leftBehind({ leftovers }: Run): string {
  return leftovers.length === 0 ? "nothing is left behind" : leftovers.join(", ");
}

export function viewEvents(run: Run): EventView[] {
  return run.timeline.map(({ atMs, step, kind, text, count, calls }) => ({
    at: timeOf(atMs),
    step,
    kind,
    message: text,
    count,
    calls: calls.map(viewCall),
  }));
}
