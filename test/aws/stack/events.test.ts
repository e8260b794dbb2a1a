import { afterEach, beforeEach, expect, it } from "vitest";
import { startRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";

let stage: Awaited<ReturnType<typeof openDemoStack>>;
beforeEach(async () => {
  stage = await openDemoStack();
  // A run needs no more than its messages, and so hours pass faster.
  stage.stack.stopSchedules();
});
afterEach(() => stage[Symbol.asyncDispose]());

const told = () => stage.stack.parts.told.map(({ event }) => `${event.type} ${event.detail.run}`);
const until = (is: () => boolean, withinMinutes: number) =>
  stage.stack.until(async () => is(), { withinMinutes });

it("what the event bus refuses for an hour is told afterwards, in order", async () => {
  const { stack } = stage;
  stack.takesEvents = false;
  const run = await startRun(stage, "data");
  const { clock, sqs } = stack.parts;
  const untilMs = clock.now() + 3_600_000;
  await until(() => clock.now() > untilMs, 120);
  expect(told()).toEqual([]);
  stack.takesEvents = true;
  await until(() => told().length === 3, 10);
  expect(told()).toEqual([`Run Started ${run}`, `Image Promoted ${run}`, `Run Succeeded ${run}`]);
  expect(sqs.inspectQueue("regild-prod-publish-events-failures")?.messages.ready).toEqual([]);
});

it("what it refuses for longer than six hours is given up, and somebody learns of each", async () => {
  const { stack } = stage;
  stack.takesEvents = false;
  await startRun(stage, "data");
  const failures = () =>
    stack.parts.sqs.inspectQueue("regild-prod-publish-events-failures")?.messages.ready ?? [];
  const waiting = () => stack.parts.streams.some(({ handsOverAtMs }) => handsOverAtMs !== null);
  await until(() => failures().length > 0, 7 * 60);
  await until(() => !waiting(), 60);
  stack.takesEvents = true;
  const run = await startRun(stage, "data");
  await until(() => told().includes(`Run Succeeded ${run}`), 60);
  expect(told()[0]).toBe(`Run Started ${run}`);
  expect(stack.function("publish-events").logs.join("\n")).toContain("event will be told again");
});
