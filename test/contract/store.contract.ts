import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Item, Key, Store, Write } from "../../shared/ports.ts";

/** Two handles on one store, as two processes have them. Empty when opened. */
export interface StoreUnderTest {
  store: Store;
  other: Store;
  close: () => Promise<void>;
}

/** What the protocol relies on in a store. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.close());

    describe("commit", () => commitContract(() => under));
    describe("mark", () => markContract(() => store));
    describe("due", () => dueContract(() => store));
    describe("range and ended", () => listContract(() => store));
  });
}

const KEY: Key = { pk: "R#web", sk: "head" };

function write(fields: Partial<Write> = {}): Write {
  return {
    key: KEY,
    writeId: "w",
    sweepAtMs: null,
    day: null,
    expiresAtMs: null,
    doc: "{}",
    ...fields,
  };
}

function commitContract(under: () => StoreUnderTest): void {
  it("keeps exactly what was written, and counts versions from 1", async () => {
    const { store, other } = under();
    expect(await store.get(KEY)).toBeNull();
    const first = {
      writeId: "w1",
      sweepAtMs: 7,
      day: "2026-11-22",
      expiresAtMs: 9,
      doc: '{"a":1}',
    };
    expect(await store.commit(write(first), 0)).toBe("won");
    const stored: Item = { key: KEY, version: 1, cancelAtMs: null, ...first };
    expect(await store.get(KEY)).toEqual(stored);
    expect(await other.get(KEY)).toEqual(stored);
    expect(await other.commit(write({ writeId: "w2", doc: '{"a":2}' }), 1)).toBe("won");
    expect(await store.get(KEY)).toMatchObject({ version: 2, writeId: "w2", doc: '{"a":2}' });
  });

  it("loses on any version but the stored one, and changes nothing then", async () => {
    const { store } = under();
    expect(await store.commit(write(), 1)).toBe("lost");
    expect(await store.get(KEY)).toBeNull();
    await store.commit(write({ writeId: "mine" }), 0);
    for (const version of [0, 2]) {
      expect(await store.commit(write({ writeId: "late" }), version)).toBe("lost");
    }
    expect(await store.get(KEY)).toMatchObject({ version: 1, writeId: "mine" });
  });

  it("a writer whose answer was lost finds its own writeId", async () => {
    const { store } = under();
    await store.commit(write({ writeId: "unanswered" }), 0);
    expect(await store.commit(write({ writeId: "unanswered" }), 0)).toBe("lost");
    expect(await store.get(KEY)).toMatchObject({ version: 1, writeId: "unanswered" });
  });

  it("of many writers of one version exactly one wins", async () => {
    const { store, other } = under();
    await store.commit(write(), 0);
    for (let version = 1; version <= 5; version += 1) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).commit(write({ writeId: `w${index}` }), version),
        ),
      );
      expect(answers.filter((answer) => answer === "won")).toHaveLength(1);
      const winner = answers.indexOf("won");
      expect(await store.get(KEY)).toMatchObject({ version: version + 1, writeId: `w${winner}` });
    }
  });

  it("of many writers of a new item exactly one wins", async () => {
    const { store, other } = under();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).commit(write({ writeId: `w${index}` }), 0),
      ),
    );
    expect(answers.filter((answer) => answer === "won")).toHaveLength(1);
    const winner = answers.indexOf("won");
    expect(await store.get(KEY)).toMatchObject({ version: 1, writeId: `w${winner}` });
  });

  it("partitions and sort keys are apart", async () => {
    const { store } = under();
    await store.commit(write({ doc: "1" }), 0);
    expect(await store.get({ ...KEY, sk: "run#1" })).toBeNull();
    expect(await store.get({ ...KEY, pk: "R#WEB" })).toBeNull();
    expect(await store.commit(write({ key: { ...KEY, sk: "run#1" }, doc: "2" }), 0)).toBe("won");
    expect(await store.get(KEY)).toMatchObject({ doc: "1" });
  });

  it("hands out copies: what a reader does to its item stays with the reader", async () => {
    const { store } = under();
    const sent = write({ doc: '{"a":1}' });
    await store.commit(sent, 0);
    sent.doc = "changed after sending";
    const read = await store.get(KEY);
    if (read !== null) Object.assign(read, { doc: "changed", version: 9 });
    if (read !== null) read.key.pk = "changed";
    expect(await store.get(KEY)).toMatchObject({ key: KEY, version: 1, doc: '{"a":1}' });
  });

  it("takes any text in keys and documents, up to 399 KB in all", async () => {
    const { store, other } = under();
    const key = { pk: "R#büro 日本 💩 'quoted'", sk: "run#%_" };
    let doc = JSON.stringify({
      empty: "",
      text: "é\u0000💩".repeat(1000),
      pad: "",
    });
    doc = doc.replace(
      '"pad":""',
      `"pad":"${"x".repeat(399 * 1024 - Buffer.byteLength(doc) - 200)}"`,
    );
    expect(await store.commit(write({ key, doc }), 0)).toBe("won");
    expect(await other.get(key)).toMatchObject({ key, doc });
  });
}

function markContract(store: () => Store): void {
  it("sets what it names and leaves the version alone", async () => {
    await store().commit(write({ sweepAtMs: 10, doc: "kept" }), 0);
    await store().mark(KEY, { cancelAtMs: 5 });
    expect(await store().get(KEY)).toMatchObject({
      version: 1,
      cancelAtMs: 5,
      sweepAtMs: 10,
      doc: "kept",
    });
    await store().mark(KEY, { sweepAtMs: 20 });
    expect(await store().get(KEY)).toMatchObject({ version: 1, cancelAtMs: 5, sweepAtMs: 20 });
  });

  it("what is marked from outside survives commits that know nothing of it", async () => {
    await store().commit(write(), 0);
    await store().mark(KEY, { cancelAtMs: 5 });
    expect(await store().commit(write({ doc: "later" }), 1)).toBe("won");
    expect(await store().get(KEY)).toMatchObject({ version: 2, cancelAtMs: 5, doc: "later" });
  });

  it("what is marked while others commit is kept", async () => {
    await store().commit(write({ sweepAtMs: 10 }), 0);
    const commits = async (): Promise<void> => {
      for (let version = 1; version <= 10; version += 1) {
        expect(await store().commit(write({ sweepAtMs: 10 }), version)).toBe("won");
      }
    };
    await Promise.all([commits(), store().mark(KEY, { cancelAtMs: 5 })]);
    expect(await store().get(KEY)).toMatchObject({ version: 11, cancelAtMs: 5 });
  });

  it("makes no item, and wakes none that waits for nothing", async () => {
    await store().mark(KEY, { cancelAtMs: 5, sweepAtMs: 6 });
    expect(await store().get(KEY)).toBeNull();
    await store().commit(write({ sweepAtMs: null }), 0);
    await store().mark(KEY, { sweepAtMs: 6 });
    expect(await store().get(KEY)).toMatchObject({ cancelAtMs: null, sweepAtMs: null });
    await store().mark(KEY, { cancelAtMs: 5, sweepAtMs: 6 });
    expect(await store().get(KEY)).toMatchObject({ cancelAtMs: 5, sweepAtMs: null });
  });
}

function dueContract(store: () => Store): void {
  const dueAt = async (nowMs: number, limit = 100) => {
    const hints = [];
    for (let shard = 0; shard < store().shards; shard += 1) {
      hints.push(...(await store().due(shard, nowMs, limit)));
    }
    return hints;
  };
  const keyOf = (index: number): Key => ({ pk: `R#${index}`, sk: "head" });

  it("finds what is due by now in exactly one shard, and nothing else", async () => {
    for (const [index, sweepAtMs] of [30, 10, 20, 41, null].entries()) {
      await store().commit(write({ key: keyOf(index), sweepAtMs }), 0);
    }
    const hints = (await dueAt(30)).toSorted((one, other) => one.sweepAtMs - other.sweepAtMs);
    expect(hints).toEqual([
      { key: keyOf(1), sweepAtMs: 10 },
      { key: keyOf(2), sweepAtMs: 20 },
      { key: keyOf(0), sweepAtMs: 30 },
    ]);
    expect(await dueAt(9)).toEqual([]);
  });

  it("gives the earliest of a shard first, and no more than asked for", async () => {
    for (let index = 0; index < 40; index += 1) {
      await store().commit(write({ key: keyOf(index), sweepAtMs: 1000 - index }), 0);
    }
    for (let shard = 0; shard < store().shards; shard += 1) {
      const all = await store().due(shard, 1000, 100);
      const times = all.map(({ sweepAtMs }) => sweepAtMs);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(await store().due(shard, 1000, 2)).toEqual(all.slice(0, 2));
    }
    expect(await dueAt(1000)).toHaveLength(40);
  });

  it("forgets an item that waits for nothing any more, and follows one that is put off", async () => {
    await store().commit(write({ sweepAtMs: 10 }), 0);
    await store().mark(KEY, { sweepAtMs: 50 });
    expect(await dueAt(49)).toEqual([]);
    expect(await dueAt(50)).toEqual([{ key: KEY, sweepAtMs: 50 }]);
    await store().commit(write({ sweepAtMs: null }), 1);
    expect(await dueAt(1000)).toEqual([]);
    await store().commit(write({ sweepAtMs: 70 }), 2);
    expect(await dueAt(1000)).toEqual([{ key: KEY, sweepAtMs: 70 }]);
  });
}

function listContract(store: () => Store): void {
  /** Follows cursors to the end; a page may be empty and still have a next one. */
  async function everyPage(
    page: (cursor: string | null) => ReturnType<Store["range"]>,
  ): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const { items, cursor: next } = await page(cursor);
      found.push(...items.map(({ key }) => `${key.pk} ${key.sk}`));
      cursor = next;
    } while (cursor !== null);
    return found;
  }

  it("range gives one partition's items with the prefix, newest first, page by page", async () => {
    for (const sk of ["head", "run#1", "run#2", "run#3", "run$", "rum#9"]) {
      await store().commit(write({ key: { pk: "R#web", sk } }), 0);
    }
    await store().commit(write({ key: { pk: "R#web2", sk: "run#4" } }), 0);
    const expected = ["R#web run#3", "R#web run#2", "R#web run#1"];
    for (const limit of [1, 2, 3, 100]) {
      const pages = everyPage((cursor) => store().range("R#web", "run#", limit, cursor));
      expect(await pages).toEqual(expected);
    }
    const first = await store().range("R#web", "run#", 2);
    expect(first.items).toHaveLength(2);
    expect(first.items[0]).toMatchObject({ version: 1, doc: "{}" });
    expect(await store().range("R#none", "run#", 2)).toEqual({ items: [], cursor: null });
  });

  it("range and ended give all of what fits into no single answer", async () => {
    const doc = "x".repeat(300_000);
    const sks = ["run#1", "run#2", "run#3", "run#4", "run#5"];
    for (const sk of sks) {
      await store().commit(write({ key: { pk: "R#web", sk }, day: "2026-11-22", doc }), 0);
    }
    const expected = sks.toReversed().map((sk) => `R#web ${sk}`);
    expect(await everyPage((cursor) => store().range("R#web", "run#", 100, cursor))).toEqual(
      expected,
    );
    expect(await everyPage((cursor) => store().ended("2026-11-22", 100, cursor))).toEqual(expected);
  });

  it("ended gives one day's items of every partition, newest first, page by page", async () => {
    const ended: Array<[string, string, string | null]> = [
      ["R#a", "run#1", "2026-11-22"],
      ["R#b", "run#3", "2026-11-22"],
      ["R#a", "run#2", "2026-11-22"],
      ["R#c", "run#2", "2026-11-22"],
      ["R#a", "run#0", "2026-11-21"],
      ["R#a", "run#4", null],
    ];
    for (const [pk, sk, day] of ended) await store().commit(write({ key: { pk, sk }, day }), 0);
    for (const limit of [1, 2, 100]) {
      const found = await everyPage((cursor) => store().ended("2026-11-22", limit, cursor));
      expect(found.map((key) => key.split(" ")[1])).toEqual(["run#3", "run#2", "run#2", "run#1"]);
      expect(found.toSorted()).toEqual(["R#a run#1", "R#a run#2", "R#b run#3", "R#c run#2"]);
    }
    expect(await store().ended("2026-11-20", 10)).toEqual({ items: [], cursor: null });
  });

  it("ended follows an item to another day, and forgets one without a day", async () => {
    const daysOf = async (days: string[]) => {
      const pages = await Promise.all(days.map((day) => store().ended(day, 10)));
      return pages.map(({ items }) => items.map(({ version }) => version));
    };
    const days = ["2026-11-22", "2026-11-23"];
    await store().commit(write({ day: "2026-11-22" }), 0);
    expect(await daysOf(days)).toEqual([[1], []]);
    await store().commit(write({ day: "2026-11-23" }), 1);
    expect(await daysOf(days)).toEqual([[], [2]]);
    await store().commit(write({ day: null }), 2);
    expect(await daysOf(days)).toEqual([[], []]);
  });
}
