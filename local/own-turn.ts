import { setImmediate as nextTurn } from "node:timers/promises";

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop that nobody else gets from here. SQLite answers at once, so a batch of messages reads
 * all its records in one turn, and batches that begin together would keep a request waiting until the last one has read.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => nextTurn());
  return last;
}
