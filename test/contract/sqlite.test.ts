import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { describeQueue } from "./queue.contract.ts";
import { describeStore } from "./store.contract.ts";

/** Two connections on one file, as the host and the command line have them. */
function openTwice() {
  const folder = mkdtempSync(join(tmpdir(), "regild-contract-"));
  const file = join(folder, "regild.sqlite");
  const connections = [openDatabase(file), openDatabase(file)] as const;
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.close();
    rmSync(folder, { recursive: true });
  };
  return { connections, close };
}

describeStore("the store in SQLite", async () => {
  const { connections, close } = openTwice();
  const [one, other] = connections;
  return { store: new SqliteStore(one), other: new SqliteStore(other), close };
});

describeQueue("the queue in SQLite", async () => {
  const { connections, close } = openTwice();
  const [one, other] = connections;
  let nowMs = Date.parse("2026-11-22T12:00:00Z");
  const now = (): number => nowMs;
  const pass = async (seconds: number): Promise<void> => {
    nowMs += seconds * 1000;
  };
  return { queue: new SqliteQueue(one, now), other: new SqliteQueue(other, now), pass, close };
});

it("a data file that is opened again is not written to", () => {
  const folder = mkdtempSync(join(tmpdir(), "regild-contract-"));
  const file = join(folder, "regild.sqlite");
  openDatabase(file).close();
  const onlooker = new DatabaseSync(file);
  const seen = onlooker.prepare("PRAGMA data_version");
  const before = seen.get();
  openDatabase(file).close();
  expect(seen.get()).toEqual(before);
  onlooker.close();
  rmSync(folder, { recursive: true });
});
