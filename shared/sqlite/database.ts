import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CheckpointThread } from "./checkpoint-thread.ts";
import { immediately } from "./immediately.ts";

/**
 * Most pages of the journal, here 32 MB, before a write moves them into the data file by itself. SQLite's own limit is 1000,
 * and the write that reaches it takes some 30 ms longer.
 */
const MOST_PAGES = 8_000;
/** So many writes between two calls of `checkpoint` fill the journal so far that a thread moves its pages. */
const MANY_WRITES = 1_000;

interface Waiting {
  run: () => void;
  committed: () => void;
  failed: (reason: unknown) => void;
}

/**
 * A data file with group commit: all writes that are asked for in one turn of the event loop share one transaction,
 * and so one wait for the disk. Each caller gets its own result, after the COMMIT.
 */
export class Database {
  private readonly db: DatabaseSync;
  private readonly path: string;
  private waiting: Waiting[] = [];
  private writesInJournal = 0;
  private thread: CheckpointThread | null = null;

  /** @param path of its file, or `:memory:`. */
  constructor(db: DatabaseSync, path: string) {
    this.db = db;
    this.path = path;
  }

  prepare(sql: string): StatementSync {
    return this.db.prepare(sql);
  }

  /**
   * @param work writes, without awaiting anything. When it throws, its own writes are undone and no others. When another
   * one of the group throws, all are undone and done again.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, failed) => {
      let result: T;
      const run = () => void (result = work());
      this.waiting.push({ run, committed: () => resolve(result), failed });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Moves committed pages from the journal into the data file. The caller calls it again every few seconds. */
  checkpoint(): void {
    this.db.exec(`PRAGMA wal_autocheckpoint = ${MOST_PAGES}; PRAGMA wal_checkpoint(PASSIVE)`);
    this.writesInJournal = 0;
  }

  /** Writes first what is still waiting. */
  close(): void {
    this.flush();
    // The last connection that is closed leaves no journal behind.
    this.thread?.close();
    this.thread = null;
    this.db.close();
  }

  private flush(): void {
    const group = this.waiting.splice(0);
    if (group.length === 0) return;
    try {
      for (const answer of this.together(group) ?? this.oneByOne(group)) answer();
    } catch (reason) {
      for (const { failed } of group) failed(reason);
    }
    this.writesInJournal += group.length;
    if (this.writesInJournal >= MANY_WRITES) this.checkpointInThread();
  }

  /** Most pages are moved by the thread, which keeps nobody waiting, and those that are written meanwhile here. */
  private checkpointInThread(): void {
    if (this.path === ":memory:") return;
    this.writesInJournal = 0;
    this.thread ??= new CheckpointThread(this.path, {
      moved: () => this.moveRest(),
      // The journal is moved by `checkpoint`, and by the write that fills it.
      failed: () => (this.thread = null),
    });
    this.thread.begin();
  }

  private moveRest(): void {
    if (this.thread === null) return;
    try {
      this.checkpoint();
    } catch {
      // Nothing is lost: what could not be moved is in the journal. The next call of `checkpoint` tells of a full disk.
    }
  }

  /**
   * Uses no savepoints, because each copies every page that its write changes, which takes longer than the write.
   * @returns what tells the callers. Null: one of the writes throws, and nothing was written.
   */
  private together(group: Waiting[]): Array<() => void> | null {
    const reasons: unknown[] = [];
    try {
      immediately(this.db, () => {
        try {
          for (const { run } of group) run();
        } catch (reason) {
          reasons.push(reason);
          throw reason;
        }
      });
      return group.map(({ committed }) => committed);
    } catch (reason) {
      if (reasons.length > 0) return null;
      throw reason;
    }
  }

  /** @returns what tells the callers, once all is committed. */
  private oneByOne(group: Waiting[]): Array<() => void> {
    return immediately(this.db, () => group.map((waiting) => this.separately(waiting)));
  }

  /** @returns what tells the caller, once all is committed. */
  private separately({ run, committed, failed }: Waiting): () => void {
    this.db.exec("SAVEPOINT separately");
    try {
      run();
      return committed;
    } catch (reason) {
      // A full disk may have ended the whole transaction (sqlite.org/lang_transaction.html): then nobody has written.
      if (!this.db.isTransaction) throw reason;
      this.db.exec("ROLLBACK TO separately");
      return () => failed(reason);
    } finally {
      if (this.db.isTransaction) this.db.exec("RELEASE separately");
    }
  }
}
