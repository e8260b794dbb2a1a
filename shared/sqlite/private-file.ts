import { chmodSync, closeSync, openSync, readSync, statSync } from "node:fs";

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Makes a database file that nobody but its owner may read, or takes the others' rights away; SQLite gives its journal and
 * shared memory the rights of the file. A file of another user is left as it is: SQLite tells whether it can be used.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", OWNER_ONLY));
  } catch {
    for (const file of [path, `${path}-wal`, `${path}-shm`]) takeOthersRights(file);
  }
}

function takeOthersRights(file: string): void {
  try {
    if ((statSync(file).mode & OTHERS) !== 0) chmodSync(file, OWNER_ONLY);
  } catch {
    // Not there, or another user's.
  }
}

/** @returns how many names the file has; 0: it is not there. */
export function linksOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.nlink ?? 0;
}

const HEADER_BYTES = 100;
const USER_VERSION_AT = 60;

/** The user_version of a database file, read without SQLite, which may write when it opens one. Null: it has none yet. */
export function headerVersion(path: string): number | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return null;
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const isWhole = readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES;
    const isDatabase = isWhole && header.toString("latin1", 0, 15) === "SQLite format 3";
    return isDatabase ? header.readInt32BE(USER_VERSION_AT) : null;
  } finally {
    closeSync(file);
  }
}
