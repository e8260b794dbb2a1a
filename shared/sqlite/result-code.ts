/** Primary result codes of SQLite. Source: sqlite.org/rescode.html */
export const SQLITE_BUSY = 5;
export const SQLITE_FULL = 13;

/** @returns the primary result code of an error of node:sqlite. Null: it is another error. */
export function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error)) return null;
  return typeof error.errcode === "number" ? error.errcode & 0xff : null;
}
