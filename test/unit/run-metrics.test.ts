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
  expect(metricsAtEnd(after).slice(1)).toEqual([
    { values: { StepSeconds: [2, 3] }, by: { Step: "create-image" } },
    { values: { StepSeconds: [10] }, by: { Step: "validate-sync" } },
  ]);
});

it("no step takes less than nothing, however the clocks of workers differ", () => {
  const after = ended("succeeded", event("create-image", "step", -1));
  expect(metricsAtEnd(after).at(-1)?.values).toEqual({ StepSeconds: [0] });
});

it("a run that joins another counts, and has done nothing", () => {
  const after = ended("joined", event("prepare-source", "step", 1));
  expect(metricsAtEnd(after)).toEqual([{ values: { RunsEnded: 1 }, by: { Outcome: "joined" } }]);
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
