import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { refreshTwice } from "../../../local/demo/refresh-twice.ts";
import type { RegildEvent } from "../../../shared/events/event.ts";
import { recipeStateKey, recipeStateSchema } from "../../../shared/image/recipe-state.ts";
import type { Store } from "../../../shared/ports.ts";
import { load } from "../../../shared/protocol/actor.ts";
import { metricsIn } from "../template/own-metrics.ts";
import { openDemoStack } from "./demo-stage.ts";
import { outcomeOf } from "./outcome.ts";

const silent = () => ({ update: () => {}, end: () => {} });
const { signal } = new AbortController();

/** Of every image that the inventories call gone. */
async function runsOfGone(store: Store, recipes: Iterable<string>): Promise<string[]> {
  const recipeStates = await Promise.all(
    [...recipes].map((name) => load(store, recipeStateKey(name), recipeStateSchema)),
  );
  const images = recipeStates.flatMap((recipeState) => recipeState?.doc.images ?? []);
  return images.filter(({ state }) => state === "gone").map(({ run }) => run);
}

/** @param copies how often each message is delivered, at once. */
async function onAws({ copies }: { copies: number }) {
  await using stage = await openDemoStack();
  const { stack, cloud } = stage;
  stack.copies = copies;
  const report = await refreshTwice(stage, silent, signal);
  const { functions, schedules } = stack.parts;
  const scheduled = schedules.map(({ lambda }) => lambda);
  const allStarted = () => scheduled.every(({ invocations }) => invocations > 0);
  await stack.until(async () => allStarted(), { withinMinutes: 60 });
  const allPublished = () =>
    stack.parts.streams.every(({ handsOverAtMs }) => handsOverAtMs === null);
  await stack.until(async () => allPublished(), { withinMinutes: 60 });
  const { store, recipes } = stage.backend;
  const steps = report.runs.flatMap(({ run }) => run.timeline.map(({ step }) => step));
  return {
    // By now the current images have been shown anew, whoever came late with what was true before.
    outcome: outcomeOf(report, cloud),
    steps: [...new Set(steps)].map((step) => stack.function(step)),
    runs: report.runs.map(({ run }) => run.id),
    gone: await runsOfGone(store, recipes.keys()),
    told: stack.parts.told.map(({ event }) => event),
    troubles: stack.troubles,
    lines: functions.flatMap(({ logs, name }) => logs.map((line) => ({ name, line }))),
  };
}

/** Has the time that it takes, while it takes none here. */
const onOneMachine: Promise<Array<ReturnType<typeof outcomeOf>>> = once(
  new Worker(new URL("one-machine.ts", import.meta.url)),
  "message",
);

const lineSchema = z.looseObject({
  function: z.optional(z.string()),
  FunctionName: z.optional(z.string()),
  requestId: z.string(),
});

describe.each([1, 2])("the demo on AWS, each message delivered %i times at once", (copies) => {
  let here: Awaited<ReturnType<typeof onAws>>;
  beforeAll(async () => {
    here = await onAws({ copies });
  }, 240_000); // only what hangs is to fail by it

  it("comes out as on one machine", async () => {
    const [there] = await onOneMachine;
    const told = copies === 1 ? there?.told : here.outcome.told;
    expect(here.outcome).toEqual({ ...there, told });
  });

  it("no call is refused, and no invocation fails", () => expect(here.troubles).toEqual([]));

  it("each step is done by its own function", () => {
    const calls = here.steps.map(({ invocations }) => invocations);
    expect(calls).toHaveLength(8);
    expect(Math.min(...calls)).toBeGreaterThanOrEqual(copies);
  });

  it("tells on the event bus what became of runs and images, each time under the same id", () => {
    const once = new Map(here.told.map((event) => [event.detail.id, event]));
    expect(here.told).toHaveLength(copies * once.size);
    const told = (type: RegildEvent["type"]) =>
      [...once.values()].filter((event) => event.type === type).map(({ detail }) => detail.run);
    for (const type of ["Run Started", "Image Promoted", "Run Succeeded"] as const) {
      expect(told(type).toSorted()).toEqual(here.runs.toSorted());
    }
    for (const type of ["Image To Be Deleted", "Image Deleted"] as const)
      expect(told(type).toSorted()).toEqual(here.gone.toSorted());
    expect(here.gone).not.toEqual([]);
    expect(once.size).toBe(3 * here.runs.length + 2 * here.gone.length);
  });

  it("each function writes what it is counted by, where CloudWatch finds it", () => {
    const lines = here.lines.filter(({ line }) => line.includes('"_aws"'));
    const written = new Set(lines.flatMap(({ line }) => metricsIn(line)));
    const expected = [
      ...here.steps.map(({ name }) => `regild_cloud_requests_total FunctionName=${name}`),
      "regild_upload_seen_late_seconds FunctionName=regild-prod-check-status",
      "regild_recipe_overdue FunctionName=regild-prod-check-freshness",
      "regild_recipe_current_unusable FunctionName=regild-prod-check-freshness",
      "regild_recipe_paused FunctionName=regild-prod-check-freshness",
      "regild_runs_total FunctionName=regild-prod-publish-events outcome=succeeded",
      "regild_step_duration_seconds FunctionName=regild-prod-publish-events step=check-status",
    ];
    expect(expected.filter((metric) => !written.has(metric))).toEqual([]);
  });

  it("every log line tells of which function and which of its invocations it is", () => {
    expect(here.lines.length).toBeGreaterThan(0);
    for (const { name, line } of here.lines) {
      const read = lineSchema.parse(JSON.parse(line));
      expect(read.function ?? read.FunctionName).toBe(name);
      expect(read.requestId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("no log line tells of trouble, or holds a secret", () => {
    const lines = here.lines.map(({ line }) => line);
    expect(lines.filter((line) => /WARN|ERROR|demo-secret|of-the-role/.test(line))).toEqual([]);
  });
});

it("on one machine the demo comes out well", async () => {
  const [there] = await onOneMachine;
  expect(there).toMatchObject({ problems: [], runs: { length: 6 } });
});
