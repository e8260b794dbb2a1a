import * as z from "zod/mini";
import type { Store } from "../shared/ports.ts";
import type { SqliteQueue } from "../shared/sqlite/queue.ts";

const MAX_RUNS = 10_000;

/** The little of a run's record that tells whether its last worker died between two of its checks. */
const underWay = z.object({
  reconcileAtMs: z.int(),
  intent: z.nullable(z.object({ isRepeatable: z._default(z.boolean(), false) })),
});

/**
 * For a host that has just taken the lock: whoever was at work on the data file is dead. What it had received, and the
 * runs it was looking at, are not waited for any longer than an announced call may still take effect.
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
  for (let shard = 0; shard < store.shards; shard++) {
    for (const { key, sweepAtMs } of await store.due(shard, Number.MAX_SAFE_INTEGER, MAX_RUNS)) {
      if (!key.sk.startsWith("run#") || sweepAtMs <= now()) continue;
      const item = await store.get(key);
      const run = item === null ? null : readUnderWay(item.doc);
      const midReconcile =
        run !== null && run.intent?.isRepeatable !== false && run.reconcileAtMs <= now();
      // One more message would be one more worker that does the same at the same time.
      const lost = item !== null && !queue.holds({ key, version: item.version });
      if (midReconcile && lost) await store.mark(key, { sweepAtMs: now() });
    }
  }
}

/** Null: damaged, or of another version. Its message reports that; a host starts all the same. */
function readUnderWay(doc: string): z.infer<typeof underWay> | null {
  try {
    return underWay.safeParse(JSON.parse(doc)).data ?? null;
  } catch {
    return null;
  }
}
