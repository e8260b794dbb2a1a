import { DatabaseSync } from "node:sqlite";

/**
 * Held by the one process that works on a data file. The operating system lets go of it when the process dies, however
 * it dies. In memory there is nobody to share with.
 * @returns how to let go of it; null: another process holds it.
 */
export function takeHostLock(dataFile: string): (() => void) | null {
  if (dataFile === ":memory:") return () => {};
  const db = new DatabaseSync(`${dataFile}.host`);
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
