import type { WatchedStore } from "./view/recipe-memory.ts";

/** Texts say how long ago something was, to the second. */
const GOOD_FOR_MS = 1000;
/** Each is a line of text. */
const MOST = 2_000;

interface Shared {
  untilMs: number;
  found: Promise<unknown>;
}

/** Reads once for all who ask for the same within a second, until anybody writes to the store. */
export class SharedReads {
  private readonly reads = new Map<string, Shared>();
  private readonly store: WatchedStore;
  private readonly now: () => number;
  private others = 0;
  private isLookedAt = false;

  constructor(store: WatchedStore, now: () => number) {
    this.store = store;
    this.now = now;
    store.onWrite(() => this.reads.clear());
  }

  /** @param what names the read: two with one name must read the same. */
  readonly read = async <T>(what: string, read: () => Promise<T>): Promise<T> => {
    this.lookForOthers();
    if (this.reads.size >= MOST) this.reads.clear();
    const known = this.reads.get(what);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the name stands for the type
    if (known !== undefined && this.now() < known.untilMs) return known.found as Promise<T>;
    const found = read();
    this.reads.set(what, { untilMs: this.now() + GOOD_FOR_MS, found });
    found.catch(() => this.reads.delete(what));
    return found;
  };

  /** Once in each turn of the event loop. */
  private lookForOthers(): void {
    if (this.isLookedAt) return;
    this.isLookedAt = true;
    setImmediate(() => (this.isLookedAt = false));
    const others = this.store.othersWrites();
    if (others !== this.others) this.reads.clear();
    this.others = others;
  }
}
