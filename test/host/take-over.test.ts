import { expect, it } from "vitest";
import { takeOver } from "../../local/take-over.ts";
import { type Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { HOUR, intent, MINUTE, NOW, run } from "../unit/builders.ts";

function dataFile() {
  const db = openDatabase(":memory:");
  const now = () => NOW;
  return { store: new SqliteStore(db), queue: new SqliteQueue(db, now), now };
}

const request = { key: { pk: "R#web", sk: "head" }, version: 1 };

it("a dead host's messages are received at once, and delayed ones in their time", async () => {
  const { store, queue, now } = dataFile();
  await queue.send("abandon", request, 0);
  await queue.send("abandon", { ...request, version: 2 }, 60);
  expect(await queue.receive("abandon", 10, 1800)).toHaveLength(1);
  expect(await queue.receive("abandon", 10, 1800)).toHaveLength(0);
  await takeOver({ store, queue, now });
  const [again, ...others] = await queue.receive("abandon", 10, 1800);
  expect(again).toMatchObject({ body: JSON.stringify(request), receives: 1 });
  expect(others).toEqual([]);
});

it("a message that failed waits out its time, and its receive counts", async () => {
  const { store, queue, now } = dataFile();
  await queue.send("abandon", request, 0);
  const [failed] = await queue.receive("abandon", 10, 1800);
  await queue.retry(failed?.receipt ?? "", 0);
  await queue.send("sweep", request, 0);
  const [putOff] = await queue.receive("sweep", 10, 1800);
  await queue.retry(putOff?.receipt ?? "", 60);
  await takeOver({ store, queue, now });
  expect(await queue.receive("abandon", 10, 1800)).toMatchObject([{ receives: 2 }]);
  expect(await queue.receive("sweep", 10, 1800)).toEqual([]);
});

const putter = (store: SqliteStore) => (doc: Run) =>
  store.commit(
    {
      key: runKey(doc.id),
      writeId: "w",
      sweepAtMs: NOW + MINUTE,
      day: null,
      expiresAtMs: null,
      doc: JSON.stringify(doc),
    },
    0,
  );

it("a run in the middle of its check is looked at again at once, but not one that waits or has announced a call", async () => {
  const { store, queue, now } = dataFile();
  const put = putter(store);
  await put(run({ id: "web-20261122-093012-aaaaaa", reconcileAtMs: NOW - 1 }));
  await put(run({ id: "web-20261122-093012-bbbbbb", reconcileAtMs: NOW + HOUR }));
  await put(run({ id: "web-20261122-093012-cccccc", reconcileAtMs: NOW - 1, intent: intent() }));
  await takeOver({ store, queue, now });
  const due = await store.due(0, NOW, 10);
  expect(due.map(({ key }) => key.sk)).toEqual(["run#20261122-093012-aaaaaa"]);
});

it("a run whose message is there is not sent another one", async () => {
  const { store, queue, now } = dataFile();
  const doc = run({ id: "web-20261122-093012-aaaaaa", reconcileAtMs: NOW - 1 });
  await putter(store)(doc);
  await queue.send("promote-image", { key: runKey(doc.id), version: 1 }, 0);
  await queue.receive("promote-image", 10, 1800);
  await takeOver({ store, queue, now });
  expect(await store.due(0, NOW, 10)).toEqual([]);
});

it("a record that cannot be read keeps no host from starting", async () => {
  const { store, queue, now } = dataFile();
  const write = { writeId: "w", sweepAtMs: NOW + MINUTE, day: null, expiresAtMs: null };
  const good = run({ id: "web-20261122-093012-bbbbbb", reconcileAtMs: NOW - 1 });
  await store.commit({ ...write, key: runKey("web-20261122-093012-aaaaaa"), doc: "{" }, 0);
  await putter(store)(good);
  await takeOver({ store, queue, now });
  expect((await store.get(runKey(good.id)))?.sweepAtMs).toBe(NOW);
});
