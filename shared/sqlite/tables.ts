import type { DatabaseSync } from "node:sqlite";
import { immediately } from "./immediately.ts";
import { resultCodeOf, SQLITE_FULL } from "./result-code.ts";

/** 2: the records in `doc` have the names of schema 2 (shared/stored-record.ts). Files of 1 are taken over. */
export const SCHEMA_VERSION = 2;

/**
 * `doc` comes last, and the table has row ids: SQLite finds a record by an index of short keys, and reads no document but
 * that one. In a table WITHOUT ROWID it would read whole documents, just to compare their keys.
 * Source: sqlite.org/withoutrowid.html, "When To Use WITHOUT ROWID": rows are to be smaller than a twentieth of a page.
 */
const ITEM = `
  CREATE TABLE IF NOT EXISTS item (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, write_id TEXT NOT NULL,
    sweep_ms INTEGER, cancel_ms INTEGER, day TEXT, expires_ms INTEGER, doc TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
  );
`;

const TABLES = `
  ${ITEM}
  CREATE INDEX IF NOT EXISTS item_due ON item (sweep_ms) WHERE sweep_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS item_day ON item (day, sk, pk) WHERE day IS NOT NULL;
  CREATE INDEX IF NOT EXISTS item_expires ON item (expires_ms) WHERE expires_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL,
    visible_ms INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0, receipt TEXT,
    source TEXT
  );
  CREATE INDEX IF NOT EXISTS message_due ON message (queue, visible_ms);
`;

/** For a transaction that is open. Makes what is missing. */
export function makeTables(db: DatabaseSync): void {
  db.exec(TABLES);
  addMissingColumn(db);
  // The version that it has already would be a write as well, and whoever only reads would wait for the disk.
  if (versionIn(db) !== SCHEMA_VERSION) db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

export function versionIn(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/**
 * Copies the records of a file of earlier days into a table with row ids. Programs that have the file open go on, because
 * the columns are the same. On a disk that is too full for the copy, the earlier table stays in use.
 */
export function giveRowIds(db: DatabaseSync): void {
  if (!isWithoutRowIds(db)) return;
  try {
    immediately(db, () => {
      // Another program may have been faster.
      if (isWithoutRowIds(db)) db.exec(COPY);
    });
  } catch (error) {
    if (resultCodeOf(error) !== SQLITE_FULL) throw error;
  }
}

/** The indexes go with the table that they are of, and `makeTables` makes them anew. */
const COPY = `
  ALTER TABLE item RENAME TO item_before;
  ${ITEM}
  INSERT INTO item SELECT pk, sk, version, write_id, sweep_ms, cancel_ms, day, expires_ms, doc FROM item_before;
  DROP TABLE item_before;
`;

function isWithoutRowIds(db: DatabaseSync): boolean {
  const made = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'item'").get();
  return /\bWITHOUT ROWID\b/i.test(String(made?.["sql"]));
}

/** Files of earlier days have it not, and those who wrote them do not mind it. */
function addMissingColumn(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('message')").all();
  if (columns.some(({ name }) => name === "source")) return;
  db.exec("ALTER TABLE message ADD COLUMN source TEXT");
}
