import { existsSync } from "node:fs";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import type { Records } from "../view/read.ts";
import type { App } from "./app.ts";
import { CommandError } from "./command-error.ts";
import { EXIT } from "./exit-status.ts";

/** Reads what is in the data file, without making one. */
export async function withRecords<Result>(
  app: App,
  recipes: Records["recipes"],
  work: (records: Records) => Promise<Result>,
): Promise<Result> {
  const db = withFile(app.dataFile, () =>
    openDatabase(existsSync(app.dataFile) ? app.dataFile : ":memory:"),
  );
  try {
    return await work({ store: new SqliteStore(db), recipes, now: app.now });
  } finally {
    db.close();
  }
}

/** @throws CommandError that names the file and what to do about it. */
export function withFile<Result>(dataFile: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    throw dataFileError(dataFile, error);
  }
}

/** SQLite's result codes, see sqlite.org/rescode.html, and what to do. */
const REMEDIES: Record<number, string> = {
  5: "Another process holds it for long; try again",
  8: "It is read-only for this user. Give write permission on the file and its folder, or name another: --data FILE",
  10: "The disk does not take it. Look at the system's log",
  11: "It is damaged. Put a copy of it back, or name another: --data FILE",
  13: "The disk is full. Make room",
  14: "Give write permission on its folder (which must exist), or name another: --data FILE",
  26: "It is some other file. Name another: --data FILE",
};
const OTHER_VERSION = "Use that version of Regild, or name another file: --data FILE";

function dataFileError(dataFile: string, error: unknown): CommandError {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && "errcode" in error && typeof error.errcode === "number"
      ? error.errcode & 0xff
      : null;
  return new CommandError(`The data file ${dataFile}: ${message}`, {
    status: EXIT.broken,
    code: "data-file",
    remedy: code === null ? OTHER_VERSION : (REMEDIES[code] ?? null),
    cause: error,
  });
}
