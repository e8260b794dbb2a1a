import { expect, it } from "vitest";
import { readsInTurns } from "../../local/reads-in-turns.ts";
import { randomIds } from "../../shared/lambda/ids.ts";
import { commit, unborn } from "../../shared/protocol/actor.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

const KEY = { pk: "R#web", sk: "head" };

function work(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

/** Reads so often, with a millisecond of work after each. @returns turns of the event loop meanwhile, and what was read. */
async function readAll(store: Pick<SqliteStore, "get">, times: number) {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  const found = [];
  for (let time = 0; time < times; time++) {
    found.push(await store.get(KEY));
    work(1);
  }
  isDone = true;
  return { turns, found };
}

it("many reads one after the other let others have their turn, and find what is there", async () => {
  const store = new SqliteStore(openDatabase(":memory:"));
  await commit({ store, ids: randomIds }, unborn(KEY, {}), {}, { sweepAtMs: null });
  expect((await readAll(store, 30)).turns).toBe(0);
  const { turns, found } = await readAll(readsInTurns(store), 30);
  expect(turns).toBeGreaterThanOrEqual(4);
  expect(found.every((item) => item?.version === 1)).toBe(true);
});

it("several workers share a turn, and all come to their end", async () => {
  const store = readsInTurns(new SqliteStore(openDatabase(":memory:")));
  const all = await Promise.all(Array.from({ length: 5 }, () => readAll(store, 10)));
  expect(all.map(({ found }) => found.length)).toEqual([10, 10, 10, 10, 10]);
});
