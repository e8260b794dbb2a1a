import { outcomeLines } from "../shared/events/outcome-lines.ts";
import type { Item, Key, Log, Store } from "../shared/ports.ts";

/** Keys of the records that have outcomes: runs, recipes and sources. */
const TOLD_OF = /^(run#|head$|lock$)/;

/** Whoever writes a record has read it shortly before. */
const REMEMBERED = 512;

/** Wraps a store. Logs a line for each outcome, after the write that causes it. */
export function storeWithLog(store: Store, log: Log): Store {
  const lately = new Map<string, Item>();
  const remember = (item: Item): void => {
    const key = nameOf(item.key);
    lately.delete(key);
    lately.set(key, item);
    const [oldest] = lately.keys();
    if (lately.size > REMEMBERED && oldest !== undefined) lately.delete(oldest);
  };
  const get = async (key: Key): Promise<Item | null> => {
    const item = await store.get(key);
    if (item !== null && TOLD_OF.test(key.sk)) remember(item);
    return item;
  };
  /** No version is written twice, so that the text of a known one is known. */
  const getVersion = async (key: Key, version: number): Promise<Item | null> => {
    const known = lately.get(nameOf(key));
    return known?.version === version ? known : get(key);
  };
  return {
    shards: store.shards,
    get,
    commit: async (write, expectedVersion) => {
      if (!TOLD_OF.test(write.key.sk)) return store.commit(write, expectedVersion);
      const before = expectedVersion === 0 ? null : await getVersion(write.key, expectedVersion);
      const verdict = await store.commit(write, expectedVersion);
      if (verdict === "won") {
        const after = { ...write, version: expectedVersion + 1, cancelAtMs: null };
        remember(after);
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

function nameOf({ pk, sk }: Key): string {
  return `${pk} ${sk}`;
}
