import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { giveRowIds, makeTables } from "../../shared/sqlite/tables.ts";

/** The table of records as version 0.1.0 made it at first. */
const EARLIER = `
  CREATE TABLE item (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, write_id TEXT NOT NULL,
    sweep_ms INTEGER, cancel_ms INTEGER, day TEXT, expires_ms INTEGER, doc TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
  ) WITHOUT ROWID;
  CREATE INDEX item_due ON item (sweep_ms) WHERE sweep_ms IS NOT NULL;
  CREATE INDEX item_day ON item (day, sk) WHERE day IS NOT NULL;
  INSERT INTO item VALUES
    ('R#web', 'run#1', 7, 'w7', NULL, NULL, '2026-11-22', 90, '{"n":1}'),
    ('R#web', 'run#2', 2, 'w2', 5, 4, NULL, NULL, '{"n":2}'),
    ('R#data', 'run#1', 3, 'w3', NULL, NULL, '2026-11-22', NULL, '{"n":3}');
  PRAGMA user_version = 2;
`;

function earlierFile() {
  const folder = mkdtempSync(join(tmpdir(), "regild-earlier-table-"));
  const file = join(folder, "regild.sqlite");
  const before = new DatabaseSync(file);
  before.exec(EARLIER);
  onTestFinished(() => {
    before.close();
    rmSync(folder, { recursive: true });
  });
  const layout = () =>
    before.prepare("SELECT name, sql FROM sqlite_schema WHERE sql LIKE '% item %'").all();
  const rows = () => before.prepare("SELECT * FROM item ORDER BY pk, sk").all();
  return { before, file, layout, rows };
}

it("a file of earlier days gets the table of today with all its records, also while another program has it open", async () => {
  const { before, file, layout, rows } = earlierFile();
  const change = before.prepare("UPDATE item SET version = version + 1 WHERE sk = 'run#2'");
  const all = rows();
  const db = openDatabase(file);
  onTestFinished(() => db.close());
  expect(rows()).toEqual(all);
  const store = new SqliteStore(db);
  expect(change.run()).toMatchObject({ changes: 1 });
  expect(await store.get({ pk: "R#web", sk: "run#2" })).toEqual({
    key: { pk: "R#web", sk: "run#2" },
    version: 3,
    writeId: "w2",
    sweepAtMs: 5,
    cancelAtMs: 4,
    day: null,
    expiresAtMs: null,
    doc: '{"n":2}',
  });
  const ended = await store.ended("2026-11-22", 10);
  expect(ended.items.map(({ key }) => key.pk)).toEqual(["R#web", "R#data"]);
  expect(await store.due(0, 5, 10)).toHaveLength(1);

  const fresh = new DatabaseSync(":memory:");
  onTestFinished(() => fresh.close());
  const today = earlierFile();
  today.before.exec("DROP TABLE item");
  openDatabase(today.file).close();
  expect(layout()).toEqual(today.layout());
});

it("a disk that is too full for that keeps the earlier table, until there is room", () => {
  const { before, layout, rows } = earlierFile();
  before.exec(
    "INSERT INTO item SELECT pk, sk || '#', 1, '', 1, 1, NULL, NULL, hex(zeroblob(20000)) FROM item",
  );
  const all = rows();
  const earlier = layout();
  const mostPages = (count: number) =>
    Number(before.prepare(`PRAGMA max_page_count = ${count}`).get()?.["max_page_count"]);
  const pages = mostPages(1);
  giveRowIds(before);
  expect([layout(), rows()]).toEqual([earlier, all]);
  mostPages(3 * pages);
  giveRowIds(before);
  makeTables(before);
  expect(layout()).not.toEqual(earlier);
  expect(rows()).toEqual(all);
});
