import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openFleet } from "../../bench/fleet.ts";
import { pendingTimers, waiting } from "../../bench/waiting.ts";

const SIZE = 1000;

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(250);
}

it("a thousand runs wait by a handful of timers and few calls, and all succeed", async () => {
  const timersBefore = pendingTimers();
  await using fleet = await openFleet({ dataFile: ":memory:", size: SIZE });
  await fleet.startAll();
  await until(() => fleet.allInFlight());
  const timers = pendingTimers() - timersBefore;

  const { glanceCalls, checks } = await waiting(fleet, 5);
  expect(checks).toBeGreaterThan(SIZE / 4);
  expect(glanceCalls / checks).toBeLessThanOrEqual(0.5);
  expect(timers).toBeLessThan(30);

  fleet.endUploads();
  await until(async () => (await fleet.runs()).every((run) => run.outcome !== null));
  const outcomes = (await fleet.runs()).map((run) => run.outcome);
  expect(outcomes).toEqual(Array.from({ length: SIZE }, () => "succeeded"));
}, 300_000);
