import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../shared/ports.ts";

/** How long the reads of one turn of the event loop may go on, with the work between them. */
const MOST_MS = 5;

/**
 * Wraps a store that answers at once, as SQLite does. Work that reads one record after another, of thousands of recipes,
 * would let go of the event loop only at its end. So a read waits for the next turn once this one has lasted a while.
 */
export function readsInTurns(store: Store): Store {
  let beganAtMs: number | null = null;
  const isOver = (): boolean => {
    const nowMs = performance.now();
    if (beganAtMs === null) {
      beganAtMs = nowMs;
      setImmediate(() => (beganAtMs = null));
    }
    return nowMs - beganAtMs >= MOST_MS;
  };
  return {
    shards: store.shards,
    get: async (key) => {
      while (isOver()) await nextTurn();
      return store.get(key);
    },
    commit: (write, expectedVersion) => store.commit(write, expectedVersion),
    mark: (key, marks) => store.mark(key, marks),
    due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
    range: (pk, prefix, limit, cursor) => store.range(pk, prefix, limit, cursor),
    ended: (day, limit, cursor) => store.ended(day, limit, cursor),
  };
}
