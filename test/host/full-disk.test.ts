import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { QueueWorker } from "../../local/queue-worker.ts";
import { StoreTrouble } from "../../local/store-trouble.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const refused = (message: string, errcode: number) =>
  Object.assign(new Error(message), { errcode });

it.each([
  ["a full disk", refused("database or disk is full", 13), "Make room on the disk"],
  ["a disk with errors", refused("disk I/O error", 10), "Look at the system's log"],
  ["a read-only file", refused("attempt to write a readonly database", 8), "Give the host write"],
])(
  "%s is asked for a while, told once with what to do, and once when it is over",
  async (_case, error, remedy) => {
    const queue = new SqliteQueue(openDatabase(":memory:"), () => Date.now());
    await queue.send("step", { key: { pk: "p", sk: "s" }, version: 1 }, 0);
    const receive = queue.receive.bind(queue);
    let tries = 0;
    queue.receive = async () => {
      tries += 1;
      throw error;
    };
    const told: string[] = [];
    const tell = (text: string, fields = {}) => void told.push(`${text} ${JSON.stringify(fields)}`);
    const trouble = new StoreTrouble({ info: tell, warn: tell, error: tell });
    let handled = 0;
    const worker = new QueueWorker({
      name: "step",
      queue,
      batchSize: 1,
      windowMs: 0,
      concurrency: 4,
      laneOf: async () => "",
      timeLimitMs: 1000,
      visibilitySeconds: 60,
      maxReceives: 5,
      now: () => Date.now(),
      handle: async () => void (handled += 1),
      failed: (failure) => trouble.failed("queue", failure),
    });
    worker.wakeIn(0);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(10);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(remedy);

    queue.receive = receive;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(handled).toBe(1);
    trouble.wrote();
    trouble.wrote();
    expect(told.slice(1)).toEqual(["the data file takes writes again {}"]);
    await worker.stop();
  },
);
