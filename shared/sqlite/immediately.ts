import type { DatabaseSync } from "node:sqlite";

const MAX_TRIES = 50;
const SQLITE_BUSY = 5;

/**
 * A write transaction that takes its lock at the beginning: one that reads first and writes later fails at once
 * with SQLITE_BUSY_SNAPSHOT when another process has written in between (sqlite.org/isolation.html).
 */
export function immediately<T>(db: DatabaseSync, work: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (attempt < MAX_TRIES && isBusy(error)) continue;
      throw error;
    }
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === SQLITE_BUSY
  );
}
