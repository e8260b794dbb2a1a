import type { Item, Key, Page, Store, Write } from "../../shared/ports.ts";

/** The run store in memory: synchronous inside, so that a simulator decides what comes between. Hands out copies only. */
export class MemoryTable {
  readonly items = new Map<string, Item>();

  get(key: Key): Item | null {
    const item = this.items.get(idOf(key));
    return item === undefined ? null : structuredClone(item);
  }

  commit({ key, ...attributes }: Write, expectedVersion: number): "won" | "lost" {
    const there = this.items.get(idOf(key));
    if ((there?.version ?? 0) !== expectedVersion) return "lost";
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
    const items = all.slice(0, limit).map((item) => structuredClone(item));
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

function idOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
