import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { openDemoHost } from "../../../local/demo/demo-host.ts";
import { refreshTwice, type Story } from "../../../local/demo/refresh-twice.ts";
import { metricsIn } from "../template/own-metrics.ts";
import { openDemoStack } from "./demo-stage.ts";
import { outcomeOf } from "./outcome.ts";

const lineSchema = z.looseObject({
  function: z.string().optional(),
  FunctionName: z.string().optional(),
  requestId: z.string(),
});

const silent = () => ({ update: () => {}, end: () => {} });
const { signal } = new AbortController();

let onOneMachine: ReturnType<typeof outcomeOf>;
let stage: Awaited<ReturnType<typeof openDemoStack>>;
let story: Story;

beforeAll(async () => {
  {
    await using host = await openDemoHost();
    onOneMachine = outcomeOf(await refreshTwice(host, silent, signal), host.cloud);
  }
  stage = await openDemoStack();
  story = await refreshTwice(stage, silent, signal);
  const { stack } = stage;
  const allStarted = () => stack.parts.schedules.every(({ lambda }) => lambda.invocations > 0);
  await stack.until(async () => allStarted(), { withinMinutes: 60 });
});
afterAll(() => stage[Symbol.asyncDispose]());

it("the demo comes out on AWS as on one machine", () => {
  expect(story.problems).toEqual([]);
  expect(story.runs).toHaveLength(6);
  expect(outcomeOf(story, stage.cloud)).toEqual(onOneMachine);
});

it("no call was refused, and no invocation failed", () => {
  expect(stage.stack.troubles).toEqual([]);
});

it("every step had its function, and every schedule as well", () => {
  const steps = story.runs.flatMap(({ run }) => run.timeline.map(({ step }) => step));
  const called = [...new Set(steps)].map((step) => stage.stack.function(step));
  expect(called).toHaveLength(8);
  called.push(...stage.stack.parts.schedules.map(({ lambda }) => lambda));
  expect(called.filter(({ invocations }) => invocations === 0)).toEqual([]);
});

it("each function writes what it is counted by, where CloudWatch finds it", () => {
  const { functions } = stage.stack.parts;
  const lines = functions.flatMap(({ logs }) => logs.filter((line) => line.includes('"_aws"')));
  const written = new Set(lines.flatMap(metricsIn));
  const steps = story.runs.flatMap(({ run }) => run.timeline.map(({ step }) => step));
  const expected = [
    ...new Set(steps.map((step) => `CloudCalls FunctionName=regild-prod-${step}`)),
    "SeenLateSeconds FunctionName=regild-prod-check-status",
    "RecipesOverdue FunctionName=regild-prod-check-freshness",
  ];
  expect(expected.filter((metric) => !written.has(metric))).toEqual([]);
});

it("every log line tells of which function and which of its invocations it is", () => {
  const { functions } = stage.stack.parts;
  const lines = functions.flatMap(({ logs, name }) => logs.map((line) => ({ name, line })));
  expect(lines.length).toBeGreaterThan(0);
  for (const { name, line } of lines) {
    const { function: told, FunctionName: counted, requestId } = lineSchema.parse(JSON.parse(line));
    expect(told ?? counted).toBe(name);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  }
});

it("no log line tells of trouble, or holds a secret", () => {
  const lines = stage.stack.parts.functions.flatMap(({ logs }) => logs);
  expect(lines.filter((line) => /WARN|ERROR|demo-secret|of-the-role/.test(line))).toEqual([]);
});
