import type { SQLOutputValue } from "node:sqlite";
import type { Item, Key, Page, Store, Write } from "../ports.ts";
import type { Database } from "./database.ts";

type Row = Record<string, SQLOutputValue>;

/** Run store in SQLite. Each write is one conditional statement, so nothing comes between its read and its write. */
export class SqliteStore implements Store {
  readonly shards = 1;
  private readonly writeListeners: Array<(pk: string | null) => void> = [];
  private readonly db: Database;
  private readonly statements;

  constructor(db: Database) {
    this.db = db;
    this.statements = {
      get: db.prepare("SELECT * FROM item WHERE pk = ? AND sk = ?"),
      insert: db.prepare(
        "INSERT INTO item (pk, sk, version, write_id, sweep_ms, day, expires_ms, doc) VALUES (?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      ),
      update: db.prepare(
        "UPDATE item SET version = version + 1, write_id = ?, sweep_ms = ?, day = ?, expires_ms = ?, doc = ? WHERE pk = ? AND sk = ? AND version = ?",
      ),
      cancel: db.prepare("UPDATE item SET cancel_ms = ? WHERE pk = ? AND sk = ?"),
      sweep: db.prepare(
        "UPDATE item SET sweep_ms = ? WHERE pk = ? AND sk = ? AND sweep_ms IS NOT NULL",
      ),
      due: db.prepare(
        "SELECT pk, sk, sweep_ms FROM item WHERE sweep_ms <= ? ORDER BY sweep_ms LIMIT ?",
      ),
      range: db.prepare(
        "SELECT * FROM item WHERE pk = ? AND sk >= ? AND sk < ? AND sk < ? ORDER BY sk DESC LIMIT ?",
      ),
      ended: db.prepare(
        "SELECT * FROM item WHERE day = ? AND (sk, pk) < (?, ?) ORDER BY sk DESC, pk DESC LIMIT ?",
      ),
      expire: db.prepare("DELETE FROM item WHERE expires_ms <= ?"),
      others: db.prepare("PRAGMA data_version"),
    };
  }

  async get({ pk, sk }: Key): Promise<Item | null> {
    const row = this.statements.get.get(pk, sk);
    return row === undefined ? null : itemOf(row);
  }

  async commit(write: Write, expectedVersion: number): Promise<"won" | "lost"> {
    const isWritten = await this.db.write(() => this.put(write, expectedVersion));
    if (!isWritten) return "lost";
    this.wrote(write.key.pk);
    return "won";
  }

  /** For a transaction that is open. @returns false: the stored version is another one. */
  put(
    { key: { pk, sk }, writeId, sweepAtMs, day, expiresAtMs, doc }: Write,
    expectedVersion: number,
  ): boolean {
    const { insert, update } = this.statements;
    const { changes } =
      expectedVersion === 0
        ? insert.run(pk, sk, writeId, sweepAtMs, day, expiresAtMs, doc)
        : update.run(writeId, sweepAtMs, day, expiresAtMs, doc, pk, sk, expectedVersion);
    return Number(changes) === 1;
  }

  async mark(
    { pk, sk }: Key,
    { cancelAtMs, sweepAtMs }: { cancelAtMs?: number; sweepAtMs?: number },
  ): Promise<void> {
    await this.db.write(() => {
      if (cancelAtMs !== undefined) this.statements.cancel.run(cancelAtMs, pk, sk);
      if (sweepAtMs !== undefined) this.statements.sweep.run(sweepAtMs, pk, sk);
    });
    this.wrote(pk);
  }

  async due(
    _shard: number,
    nowMs: number,
    limit: number,
  ): Promise<Array<{ key: Key; sweepAtMs: number }>> {
    return this.statements.due
      .all(nowMs, limit)
      .map((row) => ({ key: keyOf(row), sweepAtMs: Number(row["sweep_ms"]) }));
  }

  async range(
    pk: string,
    prefix: string,
    limit: number,
    cursor: string | null = null,
  ): Promise<Page<Item>> {
    const end = `${prefix}\u{10FFFF}`;
    const items = this.statements.range.all(pk, prefix, end, cursor ?? end, limit).map(itemOf);
    return { items, cursor: items.length < limit ? null : (items.at(-1)?.key.sk ?? null) };
  }

  async ended(day: string, limit: number, cursor: string | null = null): Promise<Page<Item>> {
    const [sk = "", pk = ""] = cursor === null ? ["\u{10FFFF}"] : cursor.split("\n");
    const items = this.statements.ended.all(day, sk, pk, limit).map(itemOf);
    const last = items.at(-1)?.key;
    return {
      items,
      cursor: items.length < limit || last === undefined ? null : `${last.sk}\n${last.pk}`,
    };
  }

  /** What DynamoDB does by itself: records past their time (remembered triggers) go. */
  async expire(nowMs: number): Promise<void> {
    const { changes } = await this.db.write(() => this.statements.expire.run(nowMs));
    if (Number(changes) > 0) this.wrote(null);
  }

  /** @param listener called after each write of this process. `pk`: the partition; null: several. */
  onWrite(listener: (pk: string | null) => void): void {
    this.writeListeners.push(listener);
  }

  /** Tells the listeners of a write that is committed. */
  wrote(pk: string | null): void {
    for (const listener of this.writeListeners) listener(pk);
  }

  /** Another number after a write of another process. Source: sqlite.org/pragma.html#pragma_data_version */
  othersWrites(): number {
    return Number(this.statements.others.get()?.["data_version"]);
  }
}

function keyOf(row: Row): Key {
  return { pk: String(row["pk"]), sk: String(row["sk"]) };
}

function itemOf(row: Row): Item {
  return {
    key: keyOf(row),
    version: Number(row["version"]),
    writeId: String(row["write_id"]),
    sweepAtMs: numberOf(row["sweep_ms"]),
    cancelAtMs: numberOf(row["cancel_ms"]),
    day: row["day"] === null ? null : String(row["day"]),
    expiresAtMs: numberOf(row["expires_ms"]),
    doc: String(row["doc"]),
  };
}

function numberOf(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
