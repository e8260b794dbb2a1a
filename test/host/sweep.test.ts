import { expect, it } from "vitest";
import { LOCAL_TIMING } from "../../local/installation.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { HOUR, NOW, run } from "../unit/builders.ts";

const QUEUE = "check-status";

/** A run that is due, as its message is late. */
async function dueRun(is: Partial<Run> = {}) {
  const db = openDatabase(":memory:");
  const on = { store: new SqliteStore(db), queue: new SqliteQueue(db, () => NOW) };
  const doc = run({ id: "web-20261122-093012-aaaaaa", step: QUEUE, reconcileAtMs: NOW - 1, ...is });
  const key = runKey(doc.id);
  const write = { key, writeId: "w", sweepAtMs: NOW - 1, day: null, expiresAtMs: null };
  await on.store.commit({ ...write, doc: JSON.stringify(doc) }, 0);
  const request = { key, version: 1 };
  return {
    ...on,
    key,
    request,
    swept: () => sweep({ ...on, timing: LOCAL_TIMING, now: () => NOW }),
  };
}

it("a run whose message waits for its turn is not sent on, and not looked at again at once", async () => {
  const { queue, store, key, request, swept } = await dueRun();
  await queue.send(QUEUE, request, 0);
  expect(await swept()).toBe(0);
  expect(queue.length(QUEUE)).toBe(1);
  expect((await store.get(key))?.sweepAtMs).toBeGreaterThan(NOW);
  expect(await store.due(0, NOW + HOUR, 10)).toHaveLength(1);
});

it("a run that was cancelled, or made due by another one, does not wait for the time of its message", async () => {
  const cancelled = await dueRun();
  await cancelled.queue.send(QUEUE, cancelled.request, 0);
  await cancelled.store.mark(cancelled.key, { cancelAtMs: NOW });
  expect(await cancelled.swept()).toBe(1);

  const madeDue = await dueRun();
  await madeDue.queue.send(QUEUE, madeDue.request, 300);
  expect(await madeDue.swept()).toBe(1);
});

it("a run whose message was lost is sent on", async () => {
  const { queue, swept } = await dueRun();
  expect(await swept()).toBe(1);
  expect(queue.length(QUEUE)).toBe(1);
});

it("so is one whose message is of another version, at work, or a dead letter", async () => {
  const other = await dueRun();
  await other.queue.send(QUEUE, { ...other.request, version: 2 }, 0);
  expect(await other.swept()).toBe(1);

  const atWork = await dueRun();
  await atWork.queue.send(QUEUE, atWork.request, 0);
  await atWork.queue.receive(QUEUE, 1, 1800);
  expect(await atWork.swept()).toBe(1);

  const dead = await dueRun();
  await dead.queue.send("dead-letters", dead.request, 0);
  expect(await dead.swept()).toBe(1);
});

it("a run that is out of time is sent to the function that ends it, whatever waits in its own queue", async () => {
  const { queue, request, swept } = await dueRun({
    step: "create-image",
    deadlineAtMs: NOW - LOCAL_TIMING.graceMs - 1,
  });
  await queue.send("create-image", request, 0);
  expect(await swept()).toBe(1);
  expect(queue.length(QUEUE)).toBe(1);
});
