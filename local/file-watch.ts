import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Quiet time before a changed file is read, because editors write a file in several steps. */
const SETTLE_MS = 300;
/** Gap between two checks by timer: network shares and replaced folders report no change. */
const STAT_EVERY_MS = 10_000;

/**
 * Calls back after one of these files was changed, replaced, made or deleted. Watches their folders, because an editor
 * that puts a new file in the place of the old one ends a watch of the file itself.
 * @param since their state before somebody read them: calls back at once if it is another one by now.
 */
export function watchFiles(
  paths: readonly string[],
  changed: () => void,
  { settleMs = SETTLE_MS, statEveryMs = STAT_EVERY_MS, since = filesState(paths) } = {},
): Disposable {
  let seen = since;
  let settling: NodeJS.Timeout | undefined;
  const check = (): void => {
    const now = filesState(paths);
    if (now === seen) return;
    seen = now;
    changed();
  };
  const checkSoon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(check, settleMs).unref();
  };
  const watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) =>
    watchFolder(folder, checkSoon),
  );
  const timer = setInterval(check, statEveryMs).unref();
  check();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      clearTimeout(settling);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/**
 * Empty if the system refuses to watch, for example without free inotify watches. The timer then sees changes later.
 */
function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

/**
 * Follows symbolic links, because Kubernetes replaces the files behind them. A file that others may read is refused, so its
 * mode and owner count too: ctime changes with them.
 */
export function filesState(paths: readonly string[]): string {
  return paths
    .map((path) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
        return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      } catch {
        return "none";
      }
    })
    .join(" ");
}

/** @returns bytes. 0: there is no such file, or this process may not look at it. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
