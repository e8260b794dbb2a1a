import * as z from "zod/mini";
import type { ReconcileRequest, Store } from "../shared/ports.ts";
import type { SqliteQueue } from "../shared/sqlite/queue.ts";

const MAX_RUNS = 10_000;

/** The fields of a run's record that show whether its last worker died between two checks. */
const underWay = z.object({
  reconcileAtMs: z.int(),
  intent: z.nullable(z.object({ isRepeatable: z._default(z.boolean(), false) })),
});

/**
 * Takes over the messages and runs of the previous host, which is dead: this host has just taken its lock. Waits only as
 * long as an announced call of the previous host may still take effect.
 */
export async function takeOver({
  store,
  queue,
  now,
}: {
  store: Store;
  queue: SqliteQueue;
  now: () => number;
}): Promise<void> {
  await queue.takeOver();
  const midReconcile: ReconcileRequest[] = [];
  for (let shard = 0; shard < store.shards; shard++) {
    for (const { key, sweepAtMs } of await store.due(shard, Number.MAX_SAFE_INTEGER, MAX_RUNS)) {
      if (!key.sk.startsWith("run#") || sweepAtMs <= now()) continue;
      const item = await store.get(key);
      const run = item === null ? null : readUnderWay(item.doc);
      if (item === null || run === null) continue;
      if (run.intent?.isRepeatable !== false && run.reconcileAtMs <= now())
        midReconcile.push({ key, version: item.version });
    }
  }
  // Read last: a message is sent after the commit that it is about.
  const isWaiting = queue.waiting(Infinity);
  for (const request of midReconcile) {
    // Sends no message: a second one would start a second worker on the same run.
    if (!isWaiting(request)) await store.mark(request.key, { sweepAtMs: now() });
  }
}

/** Null: the record is damaged or of another version. Its message reports that, and the host starts all the same. */
function readUnderWay(doc: string): z.infer<typeof underWay> | null {
  try {
    return underWay.safeParse(JSON.parse(doc)).data ?? null;
  } catch {
    return null;
  }
}
