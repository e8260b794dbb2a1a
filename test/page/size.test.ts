import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import { pageSite } from "../../local/page/page-site.ts";
import type { Records } from "../../local/view/read.ts";
import type { Store } from "../../shared/ports.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { elementsOf } from "./parsed.ts";
import { filledStore } from "./filled-store.ts";

const MAX_GZIPPED = 100 * 1024;
const PATHS = [
  "/",
  "/?page=2",
  "/recipes/golden-007",
  "/runs",
  "/runs/golden-007",
  "/runs?recipe=golden-007",
];

/** The same records; every item that the store hands out is counted. */
function counted(records: Records): { records: Records; items: () => number } {
  let items = 0;
  const count = <T extends { items: unknown[] }>(page: T): T => {
    items += page.items.length;
    return page;
  };
  const { store } = records;
  const counting: Store = {
    shards: store.shards,
    get: async (key) => {
      items++;
      return store.get(key);
    },
    commit: (write, expected) => store.commit(write, expected),
    mark: (key, marks) => store.mark(key, marks),
    due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
    range: async (pk, prefix, limit, cursor) => count(await store.range(pk, prefix, limit, cursor)),
    ended: async (day, limit, cursor) => count(await store.ended(day, limit, cursor)),
  };
  return { records: { ...records, store: counting }, items: () => items };
}

async function itemsReadBy(records: Records, path: string): Promise<number> {
  const counting = counted(records);
  const site = pageSite(counting.records, new CloudAnswers(records.now));
  const [pathname = "", query = ""] = path.split("?");
  expect(await site(pathname, query)).toMatchObject({ status: 200 });
  return counting.items();
}

describe("with many recipes and runs", () => {
  let few: Records;
  let many: Records;
  beforeAll(async () => {
    few = await filledStore({ recipes: 60, runsEach: 100 });
    many = await filledStore({ recipes: 60, runsEach: 200 });
  });

  it.each(PATHS)("%s reads no more where each recipe has run twice as often", async (path) => {
    expect(await itemsReadBy(many, path)).toBeLessThanOrEqual(await itemsReadBy(few, path));
  });

  it("the list reads the thirty last runs of the recipes that it shows, and one run of each other", async () => {
    expect(await itemsReadBy(many, "/")).toBeLessThan(50 * 30 + 60 * 6);
  });

  it("a second answer reads no ended run again, but the last one of each recipe", async () => {
    const counting = counted(many);
    const site = pageSite(counting.records, new CloudAnswers(many.now));
    await site("/", "");
    const first = counting.items();
    await site("/", "");
    expect(counting.items() - first).toBeLessThan(60 * 7);
  });

  it("earlier runs of a recipe begin where the page before ended, and read nothing before", async () => {
    const site = pageSite(many, new CloudAnswers(many.now));
    let path = "/runs?recipe=golden-007";
    const seen: string[] = [];
    for (;;) {
      const [pathname = "", query = ""] = path.split("?");
      const html = (await site(pathname, query))?.text ?? "";
      const links = elementsOf(html).filter(({ tag }) => tag === "a");
      for (const { attributes } of links) {
        const run = /^\/runs\/(golden-007-.*)$/.exec(attributes["href"] ?? "")?.[1];
        if (run !== undefined) seen.push(run);
      }
      const next = links.find(({ attributes }) => attributes["rel"] === "next");
      if (next === undefined) break;
      path = next.attributes["href"] ?? "";
      expect(await itemsReadBy(many, path)).toBeLessThan(110);
    }
    expect(seen).toHaveLength(200);
    expect(new Set(seen).size).toBe(200);
  });

  it("the runs of fifty recipes add fewer than ten elements to each row", async () => {
    const none = await filledStore({ recipes: 60, runsEach: 0 });
    const elements = async (records: Records) => {
      const site = pageSite(records, new CloudAnswers(records.now));
      return elementsOf((await site("/", ""))?.text ?? "").length;
    };
    const rows = 50;
    expect((await elements(many)) - (await elements(none))).toBeLessThan(10 * rows);
  });

  it.each(PATHS)("%s has at most 100 KB gzipped", async (path) => {
    const site = pageSite(many, new CloudAnswers(many.now));
    const [pathname = "", query = ""] = path.split("?");
    const html = (await site(pathname, query))?.text ?? "";
    expect(gzipSync(html).length).toBeLessThan(MAX_GZIPPED);
  });
});

it("every query of the store goes by an index", () => {
  const db = openDatabase(":memory:");
  const asked: string[] = [];
  const watched: ConstructorParameters<typeof SqliteStore>[0] = Object.create(db, {
    prepare: {
      value: (sql: string) => {
        asked.push(sql);
        return db.prepare(sql);
      },
    },
  });
  expect(new SqliteStore(watched).shards).toBe(1);
  const selects = asked.filter((sql) => sql.startsWith("SELECT"));
  expect(selects).toHaveLength(4);
  for (const sql of selects) {
    const values = [...sql.matchAll(/\?/g)].map(() => "");
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    const steps = plan.map(({ detail }) => String(detail));
    expect([sql, steps]).toEqual([
      sql,
      [expect.stringMatching(/^SEARCH item USING (PRIMARY KEY|INDEX|COVERING INDEX)/)],
    ]);
  }
  db.close();
});
