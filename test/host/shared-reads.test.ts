import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SharedReads } from "../../local/shared-reads.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

/** A data file that two processes have open. */
function opened() {
  const folder = mkdtempSync(join(tmpdir(), "regild-shared-"));
  const open = () => openDatabase(join(folder, "regild.sqlite"));
  const [own, other] = [open(), open()];
  onTestFinished(() => {
    own.close();
    other.close();
    rmSync(folder, { recursive: true });
  });
  const clock = { nowMs: 0 };
  const store = new SqliteStore(own);
  let reads = 0;
  const shared = new SharedReads(store, () => clock.nowMs);
  const read = (what = "status of web") => shared.read(what, async () => ++reads);
  return { store, others: new SqliteStore(other), clock, shared, read };
}

const write = (pk: string) => ({
  key: { pk, sk: "head" },
  writeId: "a",
  sweepAtMs: null,
  day: null,
  expiresAtMs: null,
  doc: "{}",
});
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it("reads once for all who ask for the same", async () => {
  const { read } = opened();
  expect(await Promise.all([read(), read(), read("status of db")])).toStrictEqual([1, 1, 2]);
  await nextTurn();
  expect(await read()).toBe(1);
});

it("reads again after a write of this process, in the same turn", async () => {
  const { store, read } = opened();
  await read();
  await store.commit(write("R#web"), 0);
  expect(await read()).toBe(2);
  await store.mark({ pk: "R#web", sk: "head" }, { cancelAtMs: 1 });
  expect(await read()).toBe(3);
});

it("reads again after a write of another process", async () => {
  const { others, read } = opened();
  await read();
  await others.commit(write("R#web"), 0);
  await nextTurn();
  expect(await read()).toBe(2);
});

it("reads again after a second, because texts say how long ago something was", async () => {
  const { clock, read } = opened();
  await read();
  clock.nowMs = 999;
  expect(await read()).toBe(1);
  clock.nowMs = 1000;
  expect(await read()).toBe(2);
});

it("gives no one a failed read again", async () => {
  const { shared, read } = opened();
  const failing = shared.read("status of web", () => Promise.reject(new Error("no store")));
  await expect(failing).rejects.toThrow("no store");
  expect(await read()).toBe(1);
});
