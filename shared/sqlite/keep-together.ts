import type { KeepTogether } from "../ports.ts";
import type { Database } from "./database.ts";
import type { SqliteQueue } from "./queue.ts";
import type { SqliteStore } from "./store.ts";

/** Undoes what the transaction wrote before. */
class Lost extends Error {}

/** Keeps records and messages in one transaction, and so with one wait for the disk. */
export function keepTogether(db: Database, store: SqliteStore, queue: SqliteQueue): KeepTogether {
  return async ({ changes, messages }) => {
    try {
      await db.write(() => {
        for (const { write, expectedVersion } of changes) {
          if (!store.put(write, expectedVersion)) throw new Lost();
        }
        for (const { queue: name, request, delaySeconds } of messages) {
          queue.put(name, JSON.stringify(request), delaySeconds);
        }
      });
    } catch (error) {
      if (error instanceof Lost) return "lost";
      throw error;
    }
    for (const { write } of changes) store.wrote(write.key.pk);
    for (const { queue: name, delaySeconds } of messages) queue.onSend(name, delaySeconds);
    return "won";
  };
}
