import { existsSync } from "node:fs";
import type { Queue, Store } from "../../shared/ports.ts";
import type { PutBack } from "../../shared/protocol/redrive.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import type { Records } from "../view/read.ts";
import type { App } from "./app.ts";
import { withFile } from "./data-file.ts";

/** Reads what there is, without making a data file. */
export async function withRecords<Result>(
  app: App,
  recipes: Records["recipes"],
  work: (records: Records) => Promise<Result>,
): Promise<Result> {
  const { kind, name } = app.storage;
  const isMissing = kind === "file" && !existsSync(name);
  return withStorage(app, isMissing ? ":memory:" : name, ({ store }) =>
    work({ store, recipes, now: app.now }),
  );
}

export interface OpenStorage {
  store: Store;
  queue: Queue & { putBack: PutBack };
}

/** @param file where it is one; it is made if it is not there. */
export async function withStorage<Result>(
  app: App,
  file: string,
  work: (storage: OpenStorage) => Promise<Result>,
): Promise<Result> {
  if (app.storage.kind === "aws") {
    const { withStack } = await import("./on-aws.ts");
    return withStack(app, work);
  }
  const db = withFile(app.storage.name, () => openDatabase(file));
  try {
    return await work({ store: new SqliteStore(db), queue: new SqliteQueue(db, app.now) });
  } finally {
    db.close();
  }
}
