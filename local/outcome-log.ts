import { outcomeLines } from "../shared/events/outcome-lines.ts";
import type { Log, Store } from "../shared/ports.ts";

/** Keys of the records that have outcomes: runs, recipes and sources. */
const TOLD_OF = /^(run#|head$|lock$)/;

/** Wraps a store. Logs a line for each outcome, after the write that causes it. */
export function storeWithLog(store: Store, log: Log): Store {
  return {
    shards: store.shards,
    get: (key) => store.get(key),
    commit: async (write, expectedVersion) => {
      if (!TOLD_OF.test(write.key.sk)) return store.commit(write, expectedVersion);
      const before = expectedVersion === 0 ? null : await store.get(write.key);
      const verdict = await store.commit(write, expectedVersion);
      if (verdict === "won") {
        const after = { ...write, version: expectedVersion + 1, cancelAtMs: null };
        const change = { before, after, writtenAtMs: 0 };
        for (const { message, fields } of outcomeLines(change)) log.info(message, fields);
      }
      return verdict;
    },
    mark: (key, marks) => store.mark(key, marks),
    due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
    range: (pk, prefix, limit, cursor) => store.range(pk, prefix, limit, cursor),
    ended: (day, limit, cursor) => store.ended(day, limit, cursor),
  };
}
