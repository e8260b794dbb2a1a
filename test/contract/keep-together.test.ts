import { expect, it, onTestFinished } from "vitest";
import type { Kept } from "../../shared/ports.ts";
import { keepTogether } from "../../shared/sqlite/keep-together.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

function open() {
  const db = openDatabase(":memory:");
  onTestFinished(() => db.close());
  const store = new SqliteStore(db);
  const queue = new SqliteQueue(db, () => 0);
  const heard: Array<string | null> = [];
  store.onWrite((pk) => heard.push(pk));
  queue.onSend = (name, delaySeconds) => heard.push(`${name} ${delaySeconds}`);
  return { store, queue, heard, keep: keepTogether(db, store, queue) };
}

const changeOf = (sk: string, expectedVersion = 0): Kept["changes"][number] => ({
  write: {
    key: { pk: "R#web", sk },
    writeId: sk,
    sweepAtMs: null,
    day: null,
    expiresAtMs: null,
    doc: "{}",
  },
  expectedVersion,
});
const MESSAGE = {
  queue: "step",
  request: { key: { pk: "R#web", sk: "a" }, version: 1 },
  delaySeconds: 3,
};

it("keeps records and messages, and tells of them afterwards", async () => {
  const { store, queue, heard, keep } = open();
  const kept = { changes: [changeOf("a"), changeOf("b")], messages: [MESSAGE] };
  expect(await keep(kept)).toBe("won");
  expect(heard).toEqual(["R#web", "R#web", "step 3"]);
  expect(await store.get({ pk: "R#web", sk: "b" })).toMatchObject({ version: 1, writeId: "b" });
  expect(queue.length("step")).toBe(1);
});

it("keeps nothing if one record has another version", async () => {
  const { store, queue, heard, keep } = open();
  await store.commit(changeOf("b").write, 0);
  heard.length = 0;
  const kept = { changes: [changeOf("a"), changeOf("b")], messages: [MESSAGE] };
  expect(await keep(kept)).toBe("lost");
  expect(await store.get({ pk: "R#web", sk: "a" })).toBeNull();
  expect(queue.length("step")).toBe(0);
  expect(heard).toEqual([]);
});

it("of two that make the same record at once, one wins, and others of the group are kept", async () => {
  const { store, queue, keep } = open();
  const same = { changes: [changeOf("a")], messages: [MESSAGE] };
  const other = { changes: [changeOf("b")], messages: [] };
  expect(await Promise.all([keep(same), keep(same), keep(other)])).toEqual(["won", "lost", "won"]);
  expect(await store.get({ pk: "R#web", sk: "b" })).not.toBeNull();
  expect(queue.length("step")).toBe(1);
});
