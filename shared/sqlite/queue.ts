import type { Queue, ReconcileRequest } from "../ports.ts";
import type { Database } from "./database.ts";

/** A message as it was received; the receipt is good until it is received again. */
export interface Received {
  receipt: string;
  /** JSON of a `ReconcileRequest`. */
  body: string;
  receives: number;
  /** Of a dead letter: the queue it was in. Null: it came to its queue by itself, or before that was noted. */
  source: string | null;
}

/** Queues in SQLite that behave as SQS does: delay, visibility time-out, receive counts. Bodies are JSON text. */
export class SqliteQueue implements Queue {
  private readonly db: Database;
  private readonly now: () => number;
  private readonly statements;
  /** Told of every message that this process sends: a worker that sleeps is woken in time. */
  onSend: (queue: string, delaySeconds: number) => void = () => {};

  constructor(db: Database, now: () => number) {
    this.db = db;
    this.now = now;
    this.statements = {
      send: db.prepare("INSERT INTO message (queue, body, visible_ms) VALUES (?, ?, ?)"),
      take: db.prepare(
        "SELECT id, body, receives, source FROM message WHERE queue = ? AND visible_ms <= ? ORDER BY visible_ms LIMIT ?",
      ),
      hide: db.prepare(
        "UPDATE message SET visible_ms = ?, receives = receives + 1, receipt = ? WHERE id = ?",
      ),
      delete: db.prepare("DELETE FROM message WHERE id = ? AND receipt = ?"),
      retry: db.prepare(
        "UPDATE message SET visible_ms = ?, receipt = NULL WHERE id = ? AND receipt = ?",
      ),
      putOff: db.prepare(
        "UPDATE message SET visible_ms = ?, receives = receives - 1, receipt = NULL WHERE id = ? AND receipt = ?",
      ),
      move: db.prepare(
        "UPDATE message SET source = queue, queue = ?, visible_ms = ?, receives = 0, receipt = NULL WHERE id = ? AND receipt = ?",
      ),
      takeOver: db.prepare(
        "UPDATE message SET visible_ms = ?, receives = receives - 1, receipt = NULL WHERE receipt IS NOT NULL AND visible_ms > ?",
      ),
      waiting: db.prepare(
        "SELECT body FROM message WHERE queue <> 'dead-letters' AND (receipt IS NULL OR visible_ms <= ?) AND visible_ms <= ?",
      ),
      next: db.prepare("SELECT min(visible_ms) AS next FROM message WHERE queue = ?"),
      second: db.prepare(
        "SELECT 1 FROM message WHERE queue = ? AND visible_ms <= ? LIMIT 1 OFFSET 1",
      ),
      depths: db.prepare(
        "SELECT queue, count(*) AS n, min(visible_ms) AS oldest FROM message GROUP BY queue",
      ),
      count: db.prepare("SELECT count(*) AS n FROM message WHERE queue = ?"),
    };
  }

  async send(queue: string, request: ReconcileRequest, delaySeconds: number): Promise<void> {
    await this.db.write(() => this.put(queue, JSON.stringify(request), delaySeconds));
    this.onSend(queue, delaySeconds);
  }

  /** A message as it was before it died, whosever it is. */
  async putBack(queue: string, body: string): Promise<void> {
    await this.db.write(() => this.put(queue, body, 0));
    this.onSend(queue, 0);
  }

  /** For a transaction that is open. `onSend` is to be called once it is committed. */
  put(queue: string, body: string, delaySeconds: number): void {
    if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900) {
      throw new RangeError(`a delay is 0 to 900 whole seconds, not ${delaySeconds}`);
    }
    this.statements.send.run(queue, body, this.now() + delaySeconds * 1000);
  }

  /** Up to `max` messages, hidden from other workers for `visibilitySeconds`. */
  receive(queue: string, max: number, visibilitySeconds: number): Promise<Received[]> {
    const now = this.now();
    return this.db.write(() =>
      this.statements.take.all(queue, now, max).map((row) => {
        const id = Number(row["id"]);
        const receives = Number(row["receives"]) + 1;
        const receipt = `${id}:${receives}:${now}`;
        this.statements.hide.run(now + visibilitySeconds * 1000, receipt, id);
        const source = row["source"] === null ? null : String(row["source"]);
        return { receipt, body: String(row["body"]), receives, source };
      }),
    );
  }

  async delete(receipt: string): Promise<void> {
    await this.db.write(() => this.statements.delete.run(idOf(receipt), receipt));
  }

  /** Makes it visible again before its time. */
  async retry(receipt: string, delaySeconds: number): Promise<void> {
    await this.db.write(() =>
      this.statements.retry.run(this.now() + delaySeconds * 1000, idOf(receipt), receipt),
    );
  }

  /** As if it had not been received: visible again later. */
  async putOff(receipt: string, delaySeconds: number): Promise<void> {
    await this.db.write(() =>
      this.statements.putOff.run(this.now() + delaySeconds * 1000, idOf(receipt), receipt),
    );
  }

  /**
   * For a host that has just taken the lock: whoever was at work on these messages is dead. That receive says nothing
   * against them: a host that is killed five times in a row must not send them to the dead letters.
   */
  async takeOver(): Promise<void> {
    const now = this.now();
    await this.db.write(() => this.statements.takeOver.run(now, now));
  }

  /** Reads all messages, once. */
  waiting(withinSeconds: number): (request: ReconcileRequest) => boolean {
    const now = this.now();
    const rows = this.statements.waiting.all(now, now + withinSeconds * 1000);
    const bodies = new Set(rows.map(({ body }) => String(body)));
    return (request) => bodies.has(JSON.stringify(request));
  }

  /** To the dead letters. */
  async move(receipt: string, queue: string): Promise<void> {
    await this.db.write(() => this.statements.move.run(queue, this.now(), idOf(receipt), receipt));
  }

  /** When the next message of a queue becomes visible; null: there is none. */
  nextVisibleAtMs(queue: string): number | null {
    const next = this.statements.next.get(queue)?.["next"];
    return next === null || next === undefined ? null : Number(next);
  }

  /** True if two messages of a queue or more are visible by then. */
  areSeveralBy(queue: string, atMs: number): boolean {
    return this.statements.second.get(queue, atMs) !== undefined;
  }

  /** Of every queue that holds messages: how many, and how long the oldest has been due. */
  depths(): Array<{ queue: string; messages: number; dueSinceSeconds: number }> {
    return this.statements.depths.all().map((row) => ({
      queue: String(row["queue"]),
      messages: Number(row["n"]),
      dueSinceSeconds: Math.max(0, (this.now() - Number(row["oldest"])) / 1000),
    }));
  }

  length(queue: string): number {
    return Number(this.statements.count.get(queue)?.["n"] ?? 0);
  }
}

function idOf(receipt: string): number {
  return Number(receipt.slice(0, receipt.indexOf(":")));
}
