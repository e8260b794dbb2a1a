import * as z from "zod/mini";
import type { Item, Key } from "../ports.ts";
import { CALLBACK_PREFIX } from "../run/callback-key.ts";
import { STEP_NAMES, type StepName } from "../run/step-names.ts";
import type { Deps } from "./step.ts";

/** Due items sent on per shard and sweep; the rest follows with the next one. */
const MAX_PER_SHARD = 500;
/** A queue with a backlog must not be fed the same item every minute. */
const RESEND_AFTER_MS = 60_000;

/**
 * Sends on whatever is due: runs whose message was lost, recipe states and sources with something left to do.
 * The only place that sends a message again. Running twice at once sends duplicates, which die at the next version.
 * @returns how many were sent on.
 */
export async function sweep(
  deps: Pick<Deps, "store" | "queue" | "timing" | "now">,
): Promise<number> {
  const { store, queue, timing } = deps;
  let sent = 0;
  for (let shard = 0; shard < store.shards; shard++) {
    for (const { key } of await store.due(shard, deps.now(), MAX_PER_SHARD)) {
      const item = await store.get(key);
      if (item === null || item.sweepAtMs === null || item.sweepAtMs > deps.now()) continue;
      await store.mark(key, { sweepAtMs: deps.now() + RESEND_AFTER_MS });
      const isOver = isOverdue(item, deps.now() - timing.graceMs);
      const name = isOver ? BATCHED : queueOf(item);
      await queue.send(name, { key, version: item.version }, 0);
      sent++;
    }
  }
  return sent;
}

/**
 * A run whose deadline and grace are over is ended without asking its cloud, by any step's function. The one that takes
 * many messages at once has room for it also while that cloud holds the function of the run's own step.
 */
const BATCHED: StepName = "check-status";

const overdueSchema = z.object({ deadlineAtMs: z.number(), outcome: z.null() });

function isOverdue({ key, doc }: Item, beforeMs: number): boolean {
  if (!key.sk.startsWith("run#")) return false;
  try {
    return overdueSchema.parse(JSON.parse(doc)).deadlineAtMs <= beforeMs;
  } catch {
    return false; // its function reports it
  }
}

/** The queue whose function reconciles the item: of a run its step's queue. */
export function queueOf(item: Pick<Item, "doc"> & { key: Key }): string {
  if (item.key.sk === "head") return "retire-images";
  if (item.key.sk === "lock") return "restore-source";
  if (item.key.sk.startsWith("report#")) return "notify";
  if (item.key.sk.startsWith(CALLBACK_PREFIX)) return "notify";
  return stepIn(item.doc);
}

/** No more is read than is needed: a record of another version, or damaged, is for its function to report. */
const stepSchema = z.object({ step: z.enum(STEP_NAMES) });

function stepIn(doc: string): StepName {
  try {
    return stepSchema.parse(JSON.parse(doc)).step;
  } catch {
    return "abandon"; // it stops no sweep
  }
}
