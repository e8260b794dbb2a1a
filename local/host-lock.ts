import { realpathSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { makePrivate } from "../shared/sqlite/private-file.ts";

/**
 * Takes the lock of the one process that works on a data file, whatever path or symbolic link names the file. The
 * operating system releases the lock when the process dies. A store in memory needs no lock.
 * @returns a function that releases the lock. Null: another process holds it.
 */
export function takeHostLock(dataFile: string): (() => void) | null {
  if (dataFile === ":memory:") return () => {};
  const lockFile = `${realPath(dataFile)}.host`;
  makePrivate(lockFile);
  const db = new DatabaseSync(lockFile);
  try {
    db.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;");
  } catch {
    db.close();
    return null;
  }
  return () => db.close();
}

/** True if a process works on the data file now. */
export function isHostLocked(dataFile: string): boolean {
  const letGo = takeHostLock(dataFile);
  letGo?.();
  return letGo === null;
}

function realPath(dataFile: string): string {
  try {
    return realpathSync(dataFile);
  } catch {
    return dataFile;
  }
}
