import { statSync } from "node:fs";

const POLL_MS = 2_000;

export interface DataFileWatch extends Disposable {
  /** Resolves once another file, or none, is where the data file was. */
  gone: Promise<"deleted" | "replaced">;
}

/** A process goes on writing into a file that was deleted under it, and all that it writes is lost when it ends. */
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

/** Null: there is no file. A folder that cannot be read for a moment is no news. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
