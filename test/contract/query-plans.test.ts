import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

afterEach(() => vi.restoreAllMocks());

it("each statement of the store finds its records by an index, and sorts none of them", () => {
  const database = openDatabase(":memory:");
  onTestFinished(() => database.close());
  const prepare = vi.spyOn(database, "prepare");
  void new SqliteStore(database);
  const statements = prepare.mock.calls.map(([sql]) => sql);
  const known = statements.filter((sql) => /^(SELECT|UPDATE|DELETE)/.test(sql));
  expect(known).toHaveLength(8);
  const steps = known.flatMap((sql) => {
    const parameters = Array.from({ length: sql.split("?").length - 1 }, () => 1);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
    return plan.map(({ detail }) => ({ sql, detail: String(detail) }));
  });
  expect(steps).toHaveLength(known.length);
  expect(steps.filter(({ detail }) => !detail.startsWith("SEARCH item USING INDEX "))).toEqual([]);
});
