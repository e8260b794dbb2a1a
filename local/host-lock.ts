import { realpathSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { makePrivate } from "../shared/sqlite/private-file.ts";

/**
 * Held by the one process that works on a data file, by whatever path or symbolic link it names the file. The operating
 * system lets go of it when the process dies, however it dies. In memory there is nobody to share with.
 * @returns how to let go of it; null: another process holds it.
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

/** Whether a process works on the data file, now. */
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
