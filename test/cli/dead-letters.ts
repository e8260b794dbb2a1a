import { join } from "node:path";
import { randomIds } from "../../local/ids.ts";
import { LOCAL_TIMING } from "../../local/installation.ts";
import type { Key } from "../../shared/ports.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { noteTrouble } from "../../shared/protocol/trouble.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

/** The data file of a folder, into which a test writes records and dead letters. */
export function openDataFile(folder: string) {
  const db = openDatabase(join(folder, "regild.sqlite"));
  const now = () => Date.now();
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, now)];
  const deps = { store, queue, ids: randomIds, timing: LOCAL_TIMING, now, log };
  return {
    queue,
    write: (key: Key, doc: object, version: number) => {
      const rest = { writeId: "w", sweepAtMs: now() + 60_000, day: null, expiresAtMs: null };
      return store.commit({ key, ...rest, doc: JSON.stringify(doc) }, version);
    },
    /** The message of the record's first version fails in this queue. */
    deadLetterOf: async (
      key: Key,
      name: string,
      error: Error = new TypeError("image is undefined"),
    ) => {
      const request = { key, version: 1 };
      await noteTrouble(deps, request, error);
      await handleDeadLetter(deps, { body: JSON.stringify(request), queue: name });
    },
    /** A message that Regild did not write. @param name null: of an unknown queue. */
    foreign: (body: string, name: string | null) => handleDeadLetter(deps, { body, queue: name }),
    closeFile: () => db.close(),
  };
}
