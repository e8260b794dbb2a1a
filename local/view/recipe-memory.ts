import type { RecipeRead } from "./read.ts";

/** A store that tells of writes. */
export interface WatchedStore {
  /** @param listener called after each write of this process. `pk`: the partition; null: several. */
  onWrite: (listener: (pk: string | null) => void) => void;
  /** Another number after a write of another process. */
  othersWrites: () => number;
}

/** Each takes some 30 KB. Of more recipes the rest is read again for each answer. */
const MOST = 2_000;

/** What was read of recipes, each kept until somebody writes to its partition. */
export class RecipeMemory {
  private readonly reads = new Map<string, RecipeRead>();
  private readonly store: WatchedStore;
  private writes = 0;
  private others = 0;
  private isLookedAt = false;

  constructor(store: WatchedStore) {
    this.store = store;
    store.onWrite((pk) => this.forget(pk));
  }

  async of(recipeName: string, read: () => Promise<RecipeRead>): Promise<RecipeRead> {
    this.lookForOthers();
    const pk = `R#${recipeName}`;
    const known = this.reads.get(pk);
    if (known !== undefined) return known;
    const before = this.writes;
    const found = await read();
    // A write that came meanwhile may be only partly in what was read.
    if (before === this.writes && this.reads.size < MOST) this.reads.set(pk, found);
    return found;
  }

  private forget(pk: string | null): void {
    this.writes++;
    if (pk === null) this.reads.clear();
    else this.reads.delete(pk);
  }

  /** Once in each turn of the event loop: five hundred recipes are asked for in one. */
  private lookForOthers(): void {
    if (this.isLookedAt) return;
    this.isLookedAt = true;
    setImmediate(() => (this.isLookedAt = false));
    const others = this.store.othersWrites();
    if (others !== this.others) this.forget(null);
    this.others = others;
  }
}
