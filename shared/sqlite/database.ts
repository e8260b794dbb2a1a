import type { DatabaseSync, StatementSync } from "node:sqlite";
import { immediately } from "./immediately.ts";

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
  private waiting: Waiting[] = [];

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  prepare(sql: string): StatementSync {
    return this.db.prepare(sql);
  }

  /** @param work writes, without awaiting anything. When it throws, its own writes are undone and no others. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, failed) => {
      let result: T;
      const run = () => void (result = work());
      this.waiting.push({ run, committed: () => resolve(result), failed });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Writes first what is still waiting. */
  close(): void {
    this.flush();
    this.db.close();
  }

  private flush(): void {
    const group = this.waiting.splice(0);
    if (group.length === 0) return;
    const answers: Array<() => void> = [];
    try {
      immediately(this.db, () => {
        for (const waiting of group) answers.push(this.separately(waiting));
      });
    } catch (reason) {
      for (const { failed } of group) failed(reason);
      return;
    }
    for (const answer of answers) answer();
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
