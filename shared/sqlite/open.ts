import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { immediately } from "./immediately.ts";
import { headerVersion, linksOf, makePrivate } from "./private-file.ts";
import { giveRowIds, makeTables, SCHEMA_VERSION, versionIn } from "./tables.ts";

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
    refuseOtherVersion(path, versionIn(db));
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  } catch (error) {
    db.close();
    throw error;
  }
  giveRowIds(db);
  immediately(db, () => makeTables(db));
  return new Database(db, path);
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
