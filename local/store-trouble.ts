import type { Log } from "../shared/ports.ts";
import { resultCodeOf } from "../shared/sqlite/result-code.ts";

/** SQLite's result codes of a data file that takes no writes, see sqlite.org/rescode.html. */
const REMEDIES: Record<number, string> = {
  8: "Give the host write permission on the data file and its folder",
  10: "Look at the system's log for the disk of the data file",
  13: "Make room on the disk of the data file",
};

/** Logs once that the data file takes no writes and what to do, and once that it takes writes again. */
export class StoreTrouble {
  private readonly log: Log;
  private told: number | null = null;
  private isFailing = false;

  constructor(log: Log) {
    this.log = log;
  }

  failed(message: string, error: unknown, fields: Record<string, unknown> = {}): void {
    const code = resultCodeOf(error);
    if (code !== null) this.isFailing = true;
    const remedy = code === null ? undefined : REMEDIES[code];
    if (remedy === undefined) {
      this.log.error(message, { ...fields, error: String(error) });
    } else if (this.told !== code) {
      this.told = code;
      const goesOn = `${remedy}. The host tries again by itself`;
      this.log.error("the data file takes no writes", { error: String(error), remedy: goesOn });
    }
  }

  /** True if the last write succeeded. */
  get takesWrites(): boolean {
    return !this.isFailing;
  }

  wrote(): void {
    this.isFailing = false;
    if (this.told === null) return;
    this.told = null;
    this.log.info("the data file takes writes again");
  }
}
