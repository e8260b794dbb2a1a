import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { Database } from "../../shared/sqlite/database.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";

/** More than fill the journal so far that the thread moves it. */
const MANY = 1_100;
const REQUEST = { key: { pk: "R#web", sk: "head" }, version: 1 };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regild-thread-"));
  file = join(folder, "regild.sqlite");
  return () => rmSync(folder, { recursive: true });
});

async function sendMany(queue: SqliteQueue): Promise<void> {
  await Promise.all(Array.from({ length: MANY }, () => queue.send("sweep", REQUEST, 0)));
}

/** In the data file alone, as if the journal were lost. */
function messagesWithoutJournal(): number {
  const copy = join(folder, "copy.sqlite");
  copyFileSync(file, copy);
  const db = new DatabaseSync(copy);
  const row = db.prepare("SELECT count(*) AS n FROM message").get();
  db.close();
  return Number(row?.["n"]);
}

it("many writes are moved into the data file, and nothing of the journal is left after the close", async () => {
  const db = openDatabase(file);
  // Nobody else moves them.
  db.prepare("PRAGMA wal_autocheckpoint = 0").get();
  const queue = new SqliteQueue(db, () => 0);
  await sendMany(queue);
  await vi.waitFor(() => expect(messagesWithoutJournal()).toBe(MANY), { timeout: 20_000 });
  await sendMany(queue);
  db.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  expect(messagesWithoutJournal()).toBe(2 * MANY);
});

it("a checkpoint that fails harms no write", async () => {
  openDatabase(file).close();
  const connection = new DatabaseSync(file);
  const db = new Database(connection, file);
  onTestFinished(() => db.close());
  const exec = connection.exec.bind(connection);
  let failures = 0;
  connection.exec = (sql) => {
    if (!sql.includes("wal_checkpoint")) return exec(sql);
    failures += 1;
    throw new Error("database or disk is full");
  };
  const queue = new SqliteQueue(db, () => 0);
  await sendMany(queue);
  await vi.waitFor(() => expect(failures).toBe(1), { timeout: 20_000 });
  await sendMany(queue);
  expect(queue.length("sweep")).toBe(2 * MANY);
});

it("a data file that was deleted is not made anew, and the writes go on", async () => {
  const db = openDatabase(file);
  const queue = new SqliteQueue(db, () => 0);
  rmSync(file);
  await sendMany(queue);
  await sleep(1_000);
  await sendMany(queue);
  expect(queue.length("sweep")).toBe(2 * MANY);
  db.close();
  expect(existsSync(file)).toBe(false);
});
