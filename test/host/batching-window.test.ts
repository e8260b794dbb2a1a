import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { QueueWorker } from "../../local/queue-worker.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const REQUEST = { key: { pk: "R#web", sk: "run#1" }, version: 1 };

/** @param delays of messages in seconds. @returns when each batch began, in milliseconds, and of how many messages. */
async function batches(...delays: number[]): Promise<Array<[atMs: number, size: number]>> {
  const beganAtMs = Date.now();
  const queue = new SqliteQueue(openDatabase(":memory:"), () => Date.now());
  const begun: Array<[number, number]> = [];
  const worker = new QueueWorker({
    name: "check-status",
    queue,
    batchSize: 60,
    windowMs: 1_000,
    concurrency: 4,
    laneOf: async () => "",
    timeLimitMs: 60_000,
    visibilitySeconds: 60,
    maxReceives: 5,
    now: () => Date.now(),
    handle: async ({ Records }) => void begun.push([Date.now() - beganAtMs, Records.length]),
    failed: (error) => expect.fail(String(error)),
  });
  queue.onSend = (_, delaySeconds) => {
    if (delaySeconds === 0) worker.wake();
  };
  for (const delaySeconds of delays) await queue.send("check-status", REQUEST, delaySeconds);
  worker.wakeIn(0);
  for (let ms = 0; ms < 5_000; ms += 50) {
    await vi.advanceTimersByTimeAsync(50);
    // A commit, and a batch's own turn, wait for the event loop, which no clock moves.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }
  await worker.stop();
  return begun;
}

it("a message that is alone is worked on at once", async () => {
  expect(await batches(0)).toEqual([[expect.closeTo(0, -3), 1]]);
  expect(await batches(3)).toEqual([[expect.closeTo(3_000, -3), 1]]);
});

it("two that come within the window are worked on together, at its end", async () => {
  expect(await batches(2, 3)).toEqual([[expect.closeTo(3_000, -3), 2]]);
  expect(await batches(2, 2)).toEqual([[expect.closeTo(3_000, -3), 2]]);
});

it("one that comes after the window is not waited for", async () => {
  expect(await batches(1, 3)).toEqual([
    [expect.closeTo(1_000, -3), 1],
    [expect.closeTo(3_000, -3), 1],
  ]);
});
