import type { Queue, Store } from "../../shared/ports.ts";
import type { PutBack } from "../../shared/protocol/retry-dead-letter.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { isHostLocked } from "../host-lock.ts";
import { viewHost } from "../view/host.ts";
import type { Records } from "../view/read.ts";
import type { App } from "./app.ts";
import { needDataFile, withFile } from "./data-file.ts";

/** @throws CommandError where there is no data file. */
export async function withRecords<Result>(
  app: App,
  recipes: Records["recipes"],
  work: (records: Records) => Promise<Result>,
): Promise<Result> {
  const { kind, name } = app.storage;
  const host = (store: Store) =>
    viewHost(store, { isLocked: isHostLocked(name), nowMs: app.now() });
  return withStorage(app, ({ store }) =>
    work({ store, recipes, now: app.now, ...(kind === "file" && { host: () => host(store) }) }),
  );
}

export interface OpenStorage {
  store: Store;
  queue: Queue & { putBack: PutBack };
}

/** @throws CommandError where there is no data file. */
export async function withStorage<Result>(
  app: App,
  work: (storage: OpenStorage) => Promise<Result>,
): Promise<Result> {
  if (app.storage.kind === "aws") {
    const { withStack } = await import("./on-aws.ts");
    return withStack(app, work);
  }
  needDataFile(app);
  const db = withFile(app.storage.name, () => openDatabase(app.storage.name));
  try {
    return await work({ store: new SqliteStore(db), queue: new SqliteQueue(db, app.now) });
  } finally {
    db.close();
  }
}
