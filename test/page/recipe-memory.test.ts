import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { statusOf } from "../../local/view/queries.ts";
import type { Records } from "../../local/view/read.ts";
import { RecipeMemory } from "../../local/view/recipe-memory.ts";
import { requestCancel } from "../../shared/protocol/cancel.ts";
import { start } from "../../shared/protocol/start.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { randomIds } from "../../local/ids.ts";
import { DAY_MS, NOW_MS, WEB } from "../cli/records.ts";
import { endedRun, filledStore, putRun } from "./filled-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regild-memory-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A host that remembers, and another process at the same data file. */
async function opened() {
  const file = join(folder, "regild.sqlite");
  const { store } = await filledStore({ recipes: 1, runsEach: 2 }, file);
  let reads = 0;
  const get = store.get.bind(store);
  store.get = (key) => {
    if (key.pk.startsWith("R#")) reads++;
    return get(key);
  };
  const name = "golden-000";
  const recipe = { ...WEB, name };
  const memory = new RecipeMemory(store);
  const records: Records = {
    store,
    recipes: new Map([[name, recipe]]),
    now: () => NOW_MS,
    memory,
  };
  const elsewhere = openDatabase(file);
  const deps = (of: SqliteStore) => ({
    store: of,
    queue: new SqliteQueue(elsewhere, records.now),
    ids: randomIds,
    now: records.now,
  });
  const trigger = { kind: "command", by: "anna (cli)", id: "t1" } as const;
  return {
    records,
    reads: () => reads,
    other: new SqliteStore(elsewhere),
    lastRun: async () => {
      await nextTurn();
      return (await statusOf(records)).recipes[0]?.last_run ?? null;
    },
    startBy: (of: SqliteStore) => start(deps(of), "home12home12", recipe, trigger),
    cancelBy: (of: SqliteStore, run: string) => requestCancel(deps(of), run, "anna (cli)"),
  };
}

/** A request is never answered within the turn of another process's write. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it("reads a recipe once as long as nobody writes", async () => {
  const { lastRun, reads } = await opened();
  const first = await lastRun();
  const before = reads();
  expect(before).toBeGreaterThan(0);
  expect(await lastRun()).toEqual(first);
  expect(reads()).toBe(before);
});

it("sees a run that another process has started, and that it was cancelled", async () => {
  const { lastRun, startBy, cancelBy, other } = await opened();
  await lastRun();
  const id = await startBy(other);
  expect(await lastRun()).toMatchObject({ id, state: "running" });
  await cancelBy(other, id);
  expect(await lastRun()).toMatchObject({ id, state: "cancelling" });
});

it("sees what the host itself has written", async () => {
  const { lastRun, startBy, cancelBy, records } = await opened();
  const store = records.store instanceof SqliteStore ? records.store : null;
  if (store === null) throw new Error("not a data file");
  await lastRun();
  const id = await startBy(store);
  expect(await lastRun()).toMatchObject({ id, state: "running" });
  await cancelBy(store, id);
  expect(await lastRun()).toMatchObject({ id, state: "cancelling" });
});

it("does not keep what was read while the host wrote", async () => {
  const { records, lastRun } = await opened();
  const store = records.store instanceof SqliteStore ? records.store : null;
  if (store === null) throw new Error("not a data file");
  const range = store.range.bind(store);
  const run = { ...endedRun("golden-000", 0), id: "golden-000-20261123-093000-k3f9q2" };
  let isWritten = false;
  store.range = async (...asked) => {
    const page = await range(...asked);
    if (!isWritten && asked[0] === "R#golden-000") {
      isWritten = true;
      await putRun(store, run);
    }
    return page;
  };
  expect((await lastRun())?.id).not.toBe(run.id);
  expect((await lastRun())?.id).toBe(run.id);
});

it("still tells the age by the time of the answer", async () => {
  const { records } = await opened();
  const ahead = { ...records, now: () => NOW_MS + 3 * DAY_MS };
  expect((await statusOf(records)).recipes[0]?.fresh.state).toBe("ok");
  expect((await statusOf(ahead)).recipes[0]?.fresh.state).toBe("overdue");
});
