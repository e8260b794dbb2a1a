import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Write } from "../../shared/ports.ts";
import { Database } from "../../shared/sqlite/database.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

const write = (sk: string, writeId: string, doc = "{}"): Write => ({
  key: { pk: "R#web", sk },
  writeId,
  sweepAtMs: null,
  day: null,
  expiresAtMs: null,
  doc,
});

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "regild-group-"));
  file = join(folder, "regild.sqlite");
  return () => rmSync(folder, { recursive: true });
});

function open() {
  const db = openDatabase(file);
  onTestFinished(() => db.close());
  return { db, store: new SqliteStore(db), queue: new SqliteQueue(db, () => 0) };
}

/** Every statement that the file's own connection runs by `exec`. */
function statements() {
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  onTestFinished(() => exec.mockRestore());
  return (sql: string) => exec.mock.calls.filter(([text]) => text === sql).length;
}

it("writes of one turn share one transaction, those of the next have their own", async () => {
  const { store, queue } = open();
  const times = statements();
  const request = { key: { pk: "R#web", sk: "a" }, version: 1 };
  await Promise.all([
    store.commit(write("a", "1"), 0),
    store.commit(write("b", "2"), 0),
    queue.send("step", request, 0),
  ]);
  expect(times("COMMIT")).toBe(1);
  await store.commit(write("c", "3"), 0);
  expect(times("COMMIT")).toBe(2);
});

it("of two writers of one version in one group only the first wins", async () => {
  const { store } = open();
  await store.commit(write("a", "before"), 0);
  const verdicts = await Promise.all([
    store.commit(write("a", "first"), 1),
    store.commit(write("a", "second"), 1),
    store.commit(write("new", "first"), 0),
    store.commit(write("new", "second"), 0),
  ]);
  expect(verdicts).toEqual(["won", "lost", "won", "lost"]);
  expect(await store.get({ pk: "R#web", sk: "a" })).toMatchObject({ version: 2, writeId: "first" });
});

it("no caller hears a result before another connection can read the write", async () => {
  const { store } = open();
  const reader = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => reader.close());
  const seen = () => Number(reader.prepare("SELECT count(*) AS n FROM item").get()?.["n"]);
  const sawItself = ["a", "b", "c"].map((sk) => store.commit(write(sk, sk), 0).then(seen));
  expect(await Promise.all(sawItself)).toEqual([3, 3, 3]);
});

it("a message of a group is received once", async () => {
  const { queue } = open();
  await queue.send("step", { key: { pk: "p", sk: "s" }, version: 1 }, 0);
  const received = await Promise.all([
    queue.receive("step", 10, 60),
    queue.receive("step", 10, 60),
  ]);
  expect(received.map(({ length }) => length)).toEqual([1, 0]);
});

it("a write that throws is undone alone", async () => {
  const { db, store } = open();
  const insert = db.prepare("INSERT INTO message (queue, body, visible_ms) VALUES ('q', 'b', 0)");
  const broken = db.write(() => {
    insert.run();
    throw new Error("half-way");
  });
  const good = store.commit(write("a", "1"), 0);
  await expect(broken).rejects.toThrow("half-way");
  expect(await good).toBe("won");
  expect(db.prepare("SELECT count(*) AS n FROM message").get()).toEqual({ n: 0 });
});

it("a group whose writes are all good uses no savepoint", async () => {
  const { store } = open();
  const times = statements();
  await Promise.all([store.commit(write("a", "1"), 0), store.commit(write("b", "2"), 0)]);
  expect(times("SAVEPOINT separately")).toBe(0);
});

it("when the transaction fails as a whole, every caller hears it and nothing is written", async () => {
  const { db, store } = open();
  db.prepare("PRAGMA max_page_count = 12").get();
  const group = await Promise.allSettled([
    store.commit(write("small", "1"), 0),
    store.commit(write("large", "2", "x".repeat(200_000)), 0),
  ]);
  const stored = Number(db.prepare("SELECT count(*) AS n FROM item").get()?.["n"]);
  const won = group.filter(({ status }) => status === "fulfilled").length;
  expect(group[1]).toMatchObject({ status: "rejected", reason: { errcode: 13 } });
  expect(stored).toBe(won);
});

it("a COMMIT that fails tells every caller, and nothing is written", async () => {
  const connection = new DatabaseSync(file);
  connection.exec("CREATE TABLE note (text TEXT)");
  const db = new Database(connection, file);
  const insert = connection.prepare("INSERT INTO note VALUES (?)");
  const exec = connection.exec.bind(connection);
  connection.exec = (sql) => {
    if (sql === "COMMIT") throw new Error("disk I/O error");
    exec(sql);
  };
  const group = await Promise.allSettled([
    db.write(() => insert.run("a")),
    db.write(() => insert.run("b")),
  ]);
  expect(group.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(connection.prepare("SELECT count(*) AS n FROM note").get()).toEqual({ n: 0 });
  connection.exec = exec;
  await db.write(() => insert.run("c"));
  db.close();
});

it("closing writes first what still waits", async () => {
  const db = openDatabase(file);
  const waiting = new SqliteStore(db).commit(write("a", "1"), 0);
  db.close();
  expect(await waiting).toBe("won");
  expect(await open().store.get({ pk: "R#web", sk: "a" })).not.toBeNull();
});
