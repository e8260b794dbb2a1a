import { randomUUID } from "node:crypto";
import { keepTogether } from "../../shared/sqlite/keep-together.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

/** The records that a refresh from a chat writes, with texts as long as theirs. */
const RECORDS = [
  { pk: (id: string) => `T#${id}`, sk: () => "t", doc: "x".repeat(105) },
  { pk: () => "R#web", sk: (id: string) => `run#${id}`, doc: "x".repeat(1_910) },
  { pk: () => "R#web", sk: (id: string) => `report#${id}`, doc: "x".repeat(405) },
];
const QUEUES = ["prepare-source", "notify"];

/**
 * Writes as many rows as a refresh does, with texts that are ready, all that is asked for in one turn of the event loop in
 * one commit. @returns what resolves once they are on disk.
 */
export function writer(dataFile: string): () => Promise<unknown> {
  const db = openDatabase(dataFile);
  const keep = keepTogether(db, new SqliteStore(db), new SqliteQueue(db, () => Date.now()));
  return () => {
    const id = randomUUID();
    const sweepAtMs = Date.now() + 60_000;
    const changes = RECORDS.map(({ pk, sk, doc }) => {
      const key = { pk: pk(id), sk: sk(id) };
      const write = { key, writeId: id, sweepAtMs, day: null, expiresAtMs: null, doc };
      return { write, expectedVersion: 0 };
    });
    const messages = QUEUES.map((queue) => {
      const request = { key: { pk: "R#web", sk: `run#${id}` }, version: 1 };
      return { queue, request, delaySeconds: 3 };
    });
    return keep({ changes, messages });
  };
}
