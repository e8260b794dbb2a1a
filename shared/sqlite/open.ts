import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { immediately } from "./immediately.ts";
import { headerVersion, linksOf, makePrivate } from "./private-file.ts";

/** 2: the records in `doc` have the names of schema 2 (shared/stored-record.ts). Files of 1 are taken over. */
const SCHEMA_VERSION = 2;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS item (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, write_id TEXT NOT NULL,
    sweep_ms INTEGER, cancel_ms INTEGER, day TEXT, expires_ms INTEGER, doc TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS item_due ON item (sweep_ms) WHERE sweep_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS item_day ON item (day, sk) WHERE day IS NOT NULL;
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL,
    visible_ms INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0, receipt TEXT,
    source TEXT
  );
  CREATE INDEX IF NOT EXISTS message_due ON message (queue, visible_ms);
`;

/**
 * One file, for one machine; several processes may have it open. FULL: an intent that was committed must survive a
 * power failure, since its call was made. A busy database blocks the event loop, so waiting for it is kept short;
 * `immediately` tries again.
 * @param path a file, or `:memory:`.
 */
export function openDatabase(path: string): Database {
  if (path !== ":memory:") {
    refuseOtherVersion(path, headerVersion(path) ?? 0);
    refuseHardLinks(path);
    makePrivate(path);
  }
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA busy_timeout = 100");
    // Newer than the header where the last commit is still in the journal.
    refuseOtherVersion(path, Number(db.prepare("PRAGMA user_version").get()?.["user_version"]));
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  } catch (error) {
    db.close();
    throw error;
  }
  immediately(db, () => {
    db.exec(`${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`);
    addMissingColumn(db);
  });
  return new Database(db);
}

function refuseOtherVersion(path: string, found: number): void {
  if (found >= 0 && found <= SCHEMA_VERSION) return;
  throw new Error(
    `${path} was written by another version of Regild (schema ${found}, this one reads ${SCHEMA_VERSION}). Nothing was written to it. To go back to this version, put back the copy that was made before the upgrade`,
  );
}

/** Each name would have a journal and a lock of its own. Source: sqlite.org/howtocorrupt.html, "Multiple links". */
function refuseHardLinks(path: string): void {
  const links = linksOf(path);
  if (links <= 1) return;
  throw new Error(
    `${path} has ${links} names (hard links), and SQLite would damage it. Keep one name, or use a symbolic link`,
  );
}

/** Files of earlier days have it not, and those who wrote them do not mind it. */
function addMissingColumn(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('message')").all();
  if (columns.some(({ name }) => name === "source")) return;
  db.exec("ALTER TABLE message ADD COLUMN source TEXT");
}
