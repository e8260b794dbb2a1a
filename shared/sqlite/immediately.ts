import type { DatabaseSync } from "node:sqlite";
import { resultCodeOf, SQLITE_BUSY } from "./result-code.ts";

const MAX_TRIES = 50;

/**
 * A write transaction that takes its lock at the beginning: one that reads first and writes later fails at once
 * with SQLITE_BUSY_SNAPSHOT when another process has written in between (sqlite.org/isolation.html).
 */
export function immediately<T>(db: DatabaseSync, work: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (attempt < MAX_TRIES && resultCodeOf(error) === SQLITE_BUSY) continue;
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
