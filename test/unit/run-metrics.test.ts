import { expect, it } from "vitest";
import { metricsOf } from "../../shared/lambda/run-metrics.ts";
import type { Run, TimelineEvent } from "../../shared/run/record.ts";
import type { StepName } from "../../shared/run/step-names.ts";
import { NOW, run } from "./builders.ts";

function event(step: StepName, kind: TimelineEvent["kind"], afterSeconds: number): TimelineEvent {
  return { atMs: NOW + afterSeconds * 1000, step, kind, text: "", count: 1, calls: [] };
}

const ended = (outcome: Run["outcome"], ...timeline: TimelineEvent[]): Run =>
  run({ outcome, endedAtMs: NOW, timeline });

it("a run that ends counts by its outcome, and has its seconds in each step, waiting included", () => {
  const after = ended(
    "failed",
    event("prepare-source", "look", 3),
    event("prepare-source", "step", 41),
    event("create-image", "intent", 41),
    event("create-image", "step", 43.5),
    event("check-status", "weather", 50),
    event("check-status", "failure", 643.5),
    event("abandon", "act", 700),
    event("abandon", "step", 703.5),
  );
  expect(metricsOf(run(), after)).toEqual([
    { values: { RunsEnded: 1 }, by: { Outcome: "failed" } },
    { values: { StepSeconds: [41] }, by: { Step: "prepare-source" } },
    { values: { StepSeconds: [2.5] }, by: { Step: "create-image" } },
    { values: { StepSeconds: [600] }, by: { Step: "check-status" } },
    { values: { StepSeconds: [60] }, by: { Step: "abandon" } },
  ]);
});

it("a step that a run was in twice is told of twice", () => {
  const after = ended(
    "succeeded",
    event("create-image", "step", 2),
    event("validate-sync", "step", 12),
    event("create-image", "step", 15),
  );
  expect(metricsOf(run(), after).slice(1)).toEqual([
    { values: { StepSeconds: [2, 3] }, by: { Step: "create-image" } },
    { values: { StepSeconds: [10] }, by: { Step: "validate-sync" } },
  ]);
});

it("no step takes less than nothing, however the clocks of workers differ", () => {
  const after = ended("succeeded", event("create-image", "step", -1));
  expect(metricsOf(run(), after).at(-1)?.values).toEqual({ StepSeconds: [0] });
});

it("a run that joins another counts, and has done nothing", () => {
  const after = ended("joined", event("prepare-source", "step", 1));
  expect(metricsOf(run(), after)).toEqual([
    { values: { RunsEnded: 1 }, by: { Outcome: "joined" } },
  ]);
});

it("a run counts once: neither before its end, nor when its ended record is written again", () => {
  expect(metricsOf(null, run())).toEqual([]);
  expect(metricsOf(run(), run({ timeline: [event("create-image", "step", 2)] }))).toEqual([]);
  expect(metricsOf(ended("failed"), ended("failed"))).toEqual([]);
  expect(metricsOf(null, ended("failed"))).toHaveLength(1);
});
