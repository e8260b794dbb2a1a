import { statSync } from "node:fs";

const POLL_MS = 2_000;

export interface DataFileWatch extends Disposable {
  /** Resolves when the data file was deleted or replaced. */
  gone: Promise<"deleted" | "replaced">;
}

/**
 * Watches for the data file's removal, because a process keeps writing into a deleted file, and loses everything when
 * it ends.
 */
export function watchDataFile(path: string, pollMs = POLL_MS): DataFileWatch {
  const opened = identityOf(path);
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<"deleted" | "replaced">((resolve) => {
    timer = setInterval(() => {
      const found = identityOf(path);
      if (found === opened) return;
      clearInterval(timer);
      resolve(found === null ? "deleted" : "replaced");
    }, pollMs);
    timer.unref();
  });
  return { gone, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Null: the file does not exist. An unreadable folder counts as no change. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
