import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { runKey } from "../../shared/run/run-id.ts";
import { startScheduled } from "../../shared/protocol/on-schedule.ts";
import { start } from "../../shared/protocol/start.ts";
import { randomIds } from "../../shared/lambda/ids.ts";
import { keepTogether } from "../../shared/sqlite/keep-together.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { MINUTE, NOW, recipe, timing } from "../unit/builders.ts";

afterEach(() => vi.restoreAllMocks());

function opened() {
  const db = openDatabase(":memory:");
  onTestFinished(() => db.close());
  const clock = { nowMs: NOW };
  const now = () => clock.nowMs;
  const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, now)];
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const deps = {
    store,
    queue,
    now,
    timing,
    ids: randomIds,
    log: quiet,
    keepTogether: keepTogether(db, store, queue),
  };
  const sql = vi.spyOn(DatabaseSync.prototype, "exec");
  const commits = () => sql.mock.calls.filter(([text]) => text === "COMMIT").length;
  /** @returns how many it has now, which is the least that SQLite sets. */
  const mostPages = (count: number) =>
    Number(db.prepare(`PRAGMA max_page_count = ${count}`).get()?.["max_page_count"]);
  return { deps, clock, mostPages, commits, length: () => queue.length("prepare-source") };
}

const delivery = (id: string) => ({ kind: "webhook", by: "ci", id }) as const;

it("a start waits for the disk once, for its trigger, its run and its message", async () => {
  const { deps, commits, length } = opened();
  const id = await start(deps, "installation", recipe(), delivery("one"));
  expect(commits()).toBe(1);
  expect(await deps.store.get(runKey(id))).toMatchObject({ version: 1 });
  expect(length()).toBe(1);
});

it("the same trigger leads to the same run, at once and later, with one message", async () => {
  const { deps, clock, length } = opened();
  const again = () => start(deps, "installation", recipe(), delivery("one"));
  const [first, second] = await Promise.all([again(), again()]);
  clock.nowMs += MINUTE;
  expect([second, await again()]).toEqual([first, first]);
  expect(length()).toBe(1);
});

it("a start that finds the disk full leaves nothing, and is made when the trigger comes again", async () => {
  const { deps, mostPages, length } = opened();
  const known = mostPages(1);
  const large = recipe({ source: { kind: "server", idOrName: "x".repeat(20_000) } });
  await expect(start(deps, "installation", large, delivery("one"))).rejects.toThrow("full");
  expect(length()).toBe(0);
  mostPages(known + 100);
  await start(deps, "installation", large, delivery("one"));
  expect(length()).toBe(1);
});

it("recipes that are due at once are started together, and each once", async () => {
  const { deps, clock, commits, length } = opened();
  const schedule = [{ cron: "* * * * *", timezone: "UTC" }];
  const names = Array.from({ length: 60 }, (_, at) => `web-${at}`);
  const recipes = new Map(names.map((name) => [name, recipe({ name, schedule })]));
  await startScheduled(deps, "installation", recipes);
  const before = commits();
  clock.nowMs += MINUTE;
  const runs = await startScheduled(deps, "installation", recipes);
  expect(new Set(runs).size).toBe(60);
  // Two groups of at most fifty, and the tick.
  expect(commits() - before).toBe(3);
  expect(await startScheduled(deps, "installation", recipes)).toEqual([]);
  expect(length()).toBe(60);
});
