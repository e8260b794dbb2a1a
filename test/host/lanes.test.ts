import { expect, it, onTestFinished } from "vitest";
import * as z from "zod/mini";
import { QueueWorker } from "../../local/queue-worker.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

const messageSchema = z.object({ cloud: z.string(), number: z.number() });

/** A worker whose messages name their cloud. Those of the cloud `stuck` are never done. */
function open(timeLimitMs = 60_000) {
  const db = openDatabase(":memory:");
  const queue = new SqliteQueue(db, Date.now);
  const begun: Array<z.infer<typeof messageSchema>> = [];
  const failures: string[] = [];
  const read = (body: string) => messageSchema.parse(JSON.parse(body));
  const worker = new QueueWorker({
    name: "check-status",
    queue,
    batchSize: 1,
    windowMs: 0,
    concurrency: 2,
    visibilitySeconds: 1800,
    maxReceives: 5,
    now: Date.now,
    timeLimitMs,
    laneOf: async (body) => read(body).cloud,
    handle: async ({ Records }) => {
      const messages = Records.map(({ body }) => read(body));
      begun.push(...messages);
      if (messages.some(({ cloud }) => cloud === "stuck")) await new Promise(() => {});
    },
    failed: (error) => failures.push(String(error)),
  });
  onTestFinished(() => {
    void worker.stop();
    db.close();
  });
  const put = (cloud: string, count: number) => {
    for (let number = 1; number <= count; number++)
      void queue.putBack("check-status", JSON.stringify({ cloud, number }));
  };
  const of = (cloud: string) => begun.filter((message) => message.cloud === cloud).length;
  return { worker, queue, put, of, failures };
}

it("a cloud that never answers holds its own workers, and no other's", async () => {
  const { worker, put, of } = open();
  put("stuck", 20);
  put("healthy", 30);
  put("other", 5);
  worker.wakeIn(0);
  await expect.poll(() => of("healthy") + of("other"), { timeout: 5_000 }).toBe(35);
  expect(of("stuck")).toBe(2);
});

it("a batch that is not done in time is given up, and its message comes again", async () => {
  const { worker, queue, put, of, failures } = open(200);
  put("stuck", 3);
  worker.wakeIn(0);
  await expect.poll(() => of("stuck"), { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
  expect(failures[0]).toContain("given up after 0.2 s");
  expect(queue.length("check-status")).toBe(3);
  await worker.stop();
});

it("stopping puts back at once those that were held, unreceived", async () => {
  const { worker, queue, put, of } = open(300);
  put("stuck", 10);
  worker.wakeIn(0);
  await expect.poll(() => of("stuck")).toBe(2);
  await worker.stop();
  const again = (await queue.receive("check-status", 10, 60)).filter(
    ({ receives }) => receives === 1,
  );
  expect(again).toHaveLength(8);
});

it("many messages are received at once, and each is a batch of its own", async () => {
  const { worker, queue, of } = open();
  const messages = Array.from({ length: 40 }, (_, number) => ({ cloud: "healthy", number }));
  await Promise.all(messages.map((each) => queue.putBack("check-status", JSON.stringify(each))));
  const received: number[] = [];
  const receive = queue.receive.bind(queue);
  queue.receive = async (...asked) => {
    const found = await receive(...asked);
    if (found.length > 0) received.push(found.length);
    return found;
  };
  worker.wakeIn(0);
  await expect.poll(() => of("healthy"), { timeout: 5_000 }).toBe(40);
  expect(received).toEqual([40]);
});

it("messages that a full lane has no room for come back one after the other, when about half of what it holds is done", async () => {
  let now = 1_000_000;
  const db = openDatabase(":memory:");
  const queue = new SqliteQueue(db, () => now);
  const ends: Array<() => void> = [];
  const worker = new QueueWorker({
    name: "check-status",
    queue,
    batchSize: 1,
    windowMs: 0,
    concurrency: 2,
    visibilitySeconds: 1800,
    maxReceives: 5,
    now: () => now,
    timeLimitMs: 60_000,
    laneOf: async () => "slow",
    handle: () => new Promise((resolve) => ends.push(resolve)),
    failed: () => {},
  });
  onTestFinished(() => {
    void worker.stop();
    db.close();
  });
  const put = async (count: number) => {
    const each = Array.from({ length: count }, (_, number) => JSON.stringify({ number }));
    await Promise.all(each.map((body) => queue.putBack("check-status", body)));
    worker.wakeIn(0);
  };
  await put(2);
  await expect.poll(() => ends.length).toBe(2);
  // One batch took 0.1 s. Two at once are 0.05 s each, and half of the hundred that a lane holds takes 2.5 s.
  now += 100;
  ends[0]?.();
  await expect.poll(() => queue.length("check-status")).toBe(1);
  await put(1 + 100 + 5);
  const back = db.prepare(
    "SELECT visible_ms - ? AS ms FROM message WHERE receipt IS NULL ORDER BY id",
  );
  await expect
    .poll(() => back.all(now).map(({ ms }) => ms))
    .toEqual([2600, 2600, 2700, 2700, 2800]);
});
