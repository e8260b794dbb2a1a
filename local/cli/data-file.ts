import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { resultCodeOf } from "../../shared/sqlite/result-code.ts";
import { CommandError } from "./command-error.ts";
import type { App } from "./app.ts";
import { EXIT } from "./exit-status.ts";

/** @throws CommandError that names the file and what to do about it. */
export function withFile<Result>(dataFile: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    // What SQLite itself has nothing against is the version that we read in it.
    const remedy = "Use that version of Regild, or name another file: --data FILE";
    throw sqliteError(dataFile, error) ?? dataFileError(dataFile, error, remedy);
  }
}

/** Whether there is a data file, or none is needed: one in memory is always new. */
export function hasDataFile(dataFile: string): boolean {
  return dataFile === ":memory:" || existsSync(dataFile);
}

/** @throws CommandError, since an empty file made here would look like an installation without a run. */
export function needDataFile({ storage, cwd }: Pick<App, "storage" | "cwd">): void {
  if (storage.kind === "aws" || hasDataFile(storage.name)) return;
  throw new CommandError(`No data file at ${resolve(cwd, storage.name)}`, {
    status: EXIT.broken,
    code: "no-data-file",
    remedy:
      "Name the one that regild serve works on: --data FILE, or REGILD_DATA. regild serve, or the first regild refresh RECIPE --wait, makes a new one",
  });
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

/** Null: the error is not SQLite's. */
export function sqliteError(dataFile: string, error: unknown): CommandError | null {
  const code = resultCodeOf(error);
  return code === null ? null : dataFileError(dataFile, error, REMEDIES[code] ?? null);
}

function dataFileError(dataFile: string, cause: unknown, remedy: string | null): CommandError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(`The data file ${dataFile}: ${message}`, {
    status: EXIT.broken,
    code: "data-file",
    remedy,
    cause,
  });
}
