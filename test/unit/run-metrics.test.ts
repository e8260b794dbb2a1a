import { expect, it } from "vitest";
import { metricsOf } from "../../shared/lambda/run-metrics.ts";
import type { Item } from "../../shared/ports.ts";
import { type Run, type TimelineEvent } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import type { StepName } from "../../shared/run/step-names.ts";
import { NOW, run } from "./builders.ts";

function event(step: StepName, kind: TimelineEvent["kind"], afterSeconds: number): TimelineEvent {
  return { atMs: NOW + afterSeconds * 1000, step, kind, text: "", count: 1, calls: [] };
}

const item = (is: Run): Item => ({
  key: runKey(is.id),
  version: 7,
  writeId: "w",
  sweepAtMs: null,
  cancelAtMs: null,
  day: is.endedAtMs === null ? null : "2026-11-23",
  expiresAtMs: null,
  doc: JSON.stringify(is),
});
const atWork = item(run());
const ended = (outcome: Run["outcome"], ...timeline: TimelineEvent[]): Item =>
  item(run({ outcome, endedAtMs: NOW, timeline }));
const metricsAtEnd = (after: Item) => metricsOf({ before: atWork, after });

it("a run that ends counts by its outcome, and has its seconds in each step, waiting included", () => {
  const after = ended(
    "failed",
    event("prepare-source", "observation", 3),
    event("prepare-source", "step", 41),
    event("create-image", "intent", 41),
    event("create-image", "step", 43.5),
    event("check-status", "transient", 50),
    event("check-status", "failure", 643.5),
    event("abandon", "act", 700),
    event("abandon", "step", 703.5),
  );
  expect(metricsAtEnd(after)).toEqual([
    { values: { regild_runs_total: 1 }, by: { outcome: "failed" } },
    { values: { regild_step_duration_seconds: [41] }, by: { step: "prepare-source" } },
    { values: { regild_step_duration_seconds: [2.5] }, by: { step: "create-image" } },
    { values: { regild_step_duration_seconds: [600] }, by: { step: "check-status" } },
    { values: { regild_step_duration_seconds: [60] }, by: { step: "abandon" } },
  ]);
});

it("a step that a run was in twice is told of twice", () => {
  const after = ended(
    "succeeded",
    event("create-image", "step", 2),
    event("validate-sync", "step", 12),
    event("create-image", "step", 15),
  );
  expect(metricsAtEnd(after).slice(1)).toEqual([
    { values: { regild_step_duration_seconds: [2, 3] }, by: { step: "create-image" } },
    { values: { regild_step_duration_seconds: [10] }, by: { step: "validate-sync" } },
  ]);
});

it("no step takes less than nothing, however the clocks of workers differ", () => {
  const after = ended("succeeded", event("create-image", "step", -1));
  expect(metricsAtEnd(after).at(-1)?.values).toEqual({ regild_step_duration_seconds: [0] });
});

it("a run that joins another counts, and has done nothing", () => {
  const after = ended("joined", event("prepare-source", "step", 1));
  expect(metricsAtEnd(after)).toEqual([
    { values: { regild_runs_total: 1 }, by: { outcome: "joined" } },
  ]);
});

it("a run counts once: neither before its end, nor when its ended record is written again", () => {
  expect(metricsOf({ before: null, after: atWork })).toEqual([]);
  expect(metricsAtEnd(item(run({ timeline: [event("create-image", "step", 2)] })))).toEqual([]);
  expect(metricsOf({ before: ended("failed"), after: ended("failed") })).toEqual([]);
  expect(metricsOf({ before: null, after: ended("failed") })).toHaveLength(1);
  expect(metricsOf({ before: ended("failed"), after: null })).toEqual([]);
});

it("what is no run counts nothing, whatever day it has", () => {
  const after = { ...ended("failed"), key: { pk: "R#web", sk: "head" }, doc: "{}" };
  expect(metricsAtEnd(after)).toEqual([]);
});
