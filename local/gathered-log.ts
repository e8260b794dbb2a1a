import type { Writable } from "node:stream";
import type { Log } from "../shared/ports.ts";

/**
 * Writes all lines of one turn of the event loop at once, because each write to a pipe waits for the kernel. Lines that
 * wait when the process exits are still written; a kill may lose those of that turn.
 */
export function gatheredLog(
  log: Log,
  { stdout, stderr }: Record<"stdout" | "stderr", Writable> = process,
): Log {
  const out = gather(stdout);
  const err = gather(stderr);
  return {
    info: (message, fields) => (out(), log.info(message, fields)),
    warn: (message, fields) => (err(), log.warn(message, fields)),
    error: (message, fields) => (err(), log.error(message, fields)),
  };
}

/** @returns a function that holds the stream's writes back until this turn of the event loop is over. */
function gather(stream: Writable): () => void {
  let isHeld = false;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    stream.uncork();
  };
  process.on("exit", release);
  return () => {
    if (isHeld) return;
    isHeld = true;
    stream.cork();
    setImmediate(release);
  };
}
