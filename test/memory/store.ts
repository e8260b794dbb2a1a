import type { Item, Key, Page, Store, Write } from "../../shared/ports.ts";

/** The run store in memory: synchronous inside, so that a simulator decides what comes between. Hands out copies only. */
export class MemoryTable {
  readonly items = new Map<string, Item>();
  /** Each item as it was before its last commit. */
  private readonly replaced = new Map<string, Item>();

  get(key: Key): Item | null {
    const item = this.items.get(idOf(key));
    return item === undefined ? null : copyOf(item);
  }

  /** What a reader would see whom the last commit has not reached. */
  before(key: Key): Item | null {
    const item = this.replaced.get(idOf(key));
    return item === undefined ? null : copyOf(item);
  }

  commit({ key, ...attributes }: Write, expectedVersion: number): "won" | "lost" {
    const there = this.items.get(idOf(key));
    if ((there?.version ?? 0) !== expectedVersion) return "lost";
    if (there !== undefined) this.replaced.set(idOf(key), there);
    const cancelAtMs = there?.cancelAtMs ?? null;
    this.items.set(idOf(key), {
      ...attributes,
      key: { ...key },
      cancelAtMs,
      version: expectedVersion + 1,
    });
    return "won";
  }

  mark(key: Key, { cancelAtMs, sweepAtMs }: { cancelAtMs?: number; sweepAtMs?: number }): void {
    const there = this.items.get(idOf(key));
    if (there === undefined) return;
    if (cancelAtMs !== undefined) there.cancelAtMs = cancelAtMs;
    if (sweepAtMs !== undefined && there.sweepAtMs !== null) there.sweepAtMs = sweepAtMs;
  }

  due(nowMs: number, limit: number): Array<{ key: Key; sweepAtMs: number }> {
    return [...this.items.values()]
      .flatMap(({ key, sweepAtMs }) =>
        sweepAtMs === null || sweepAtMs > nowMs ? [] : [{ key, sweepAtMs }],
      )
      .toSorted((a, b) => a.sweepAtMs - b.sweepAtMs)
      .slice(0, limit);
  }

  nextSweepAtMs(): number | null {
    let next: number | null = null;
    for (const { sweepAtMs } of this.items.values()) {
      if (sweepAtMs !== null && (next === null || sweepAtMs < next)) next = sweepAtMs;
    }
    return next;
  }

  range(pk: string, prefix: string, limit: number, cursor: string | null): Page<Item> {
    return this.page(
      (item) => item.key.pk === pk && item.key.sk.startsWith(prefix),
      (item) => item.key.sk,
      limit,
      cursor,
    );
  }

  ended(day: string, limit: number, cursor: string | null): Page<Item> {
    return this.page(
      (item) => item.day === day,
      (item) => `${item.key.sk}\n${item.key.pk}`,
      limit,
      cursor,
    );
  }

  private page(
    wanted: (item: Item) => boolean,
    orderOf: (item: Item) => string,
    limit: number,
    cursor: string | null,
  ): Page<Item> {
    const all = [...this.items.values()]
      .filter((item) => wanted(item) && (cursor === null || orderOf(item) < cursor))
      .toSorted((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
    const items = all.slice(0, limit).map(copyOf);
    const last = items.at(-1);
    return { items, cursor: all.length > limit && last !== undefined ? orderOf(last) : null };
  }
}

export class MemoryStore implements Store {
  readonly shards = 1;
  readonly table = new MemoryTable();

  async get(key: Key): Promise<Item | null> {
    return this.table.get(key);
  }
  async commit(write: Write, expectedVersion: number): Promise<"won" | "lost"> {
    return this.table.commit(write, expectedVersion);
  }
  async mark(key: Key, marks: { cancelAtMs?: number; sweepAtMs?: number }): Promise<void> {
    this.table.mark(key, marks);
  }
  async due(
    _shard: number,
    nowMs: number,
    limit: number,
  ): Promise<Array<{ key: Key; sweepAtMs: number }>> {
    return this.table.due(nowMs, limit);
  }
  async range(
    pk: string,
    prefix: string,
    limit: number,
    cursor: string | null = null,
  ): Promise<Page<Item>> {
    return this.table.range(pk, prefix, limit, cursor);
  }
  async ended(day: string, limit: number, cursor: string | null = null): Promise<Page<Item>> {
    return this.table.ended(day, limit, cursor);
  }
}

/** `doc` is text, so a reader can change nothing that is stored. */
function copyOf(item: Item): Item {
  return { ...item, key: { ...item.key } };
}

function idOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
