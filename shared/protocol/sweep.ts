import * as z from "zod/mini";
import type { Item, Key } from "../ports.ts";
import { STEP_NAMES, type StepName } from "../run/step-names.ts";
import type { Deps } from "./step.ts";

/** Most due items sent on per shard and sweep. The next sweep sends the rest. */
const MAX_PER_SHARD = 500;
/** Time until the sweep sends an item again, so that a queue with a backlog does not get it every minute. */
const RESEND_AFTER_MS = 60_000;
/** A worker whose line is full puts messages off for less. One that is due later has been overtaken by a command. */
const IN_LINE_SECONDS = 15;

/**
 * Sends on every due item: runs whose message was lost, recipe states and sources with work left. No other code sends a
 * message again. Two sweeps at once send duplicates, which are dropped at the next version. Where the queue can tell, an item
 * whose message only waits for its turn is not sent on: with thousands of runs, that would double the work.
 * @returns number of items sent on.
 */
export async function sweep(
  deps: Pick<Deps, "store" | "queue" | "timing" | "now">,
): Promise<number> {
  const { store, queue, timing } = deps;
  let sent = 0;
  for (let shard = 0; shard < store.shards; shard++) {
    const due = await store.due(shard, deps.now(), MAX_PER_SHARD);
    const isWaiting = due.length === 0 ? undefined : queue.waiting?.(IN_LINE_SECONDS);
    const inLine: Key[] = [];
    for (const { key } of due) {
      const item = await store.get(key);
      if (item === null || item.sweepAtMs === null || item.sweepAtMs > deps.now()) continue;
      const isOver = isOverdue(item, deps.now() - timing.graceMs);
      const request = { key, version: item.version };
      if (!isOver && item.cancelAtMs === null && isWaiting?.(request) === true) {
        inLine.push(key);
        continue;
      }
      await store.mark(key, { sweepAtMs: deps.now() + RESEND_AFTER_MS });
      await queue.send(isOver ? BATCHED : queueOf(item), request, 0);
      sent++;
    }
    // All at once, so that they share one commit.
    await Promise.all(
      inLine.map((key) => store.mark(key, { sweepAtMs: deps.now() + RESEND_AFTER_MS })),
    );
  }
  return sent;
}

/**
 * Sends a run whose deadline and grace are over to a function that takes many messages at once. Any step's function ends
 * such a run, without a call to its cloud, and a slow cloud may keep the function of the run's own step busy.
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

/** The queue whose function reconciles the item. For a run the queue of its step. */
export function queueOf(item: Pick<Item, "doc"> & { key: Key }): string {
  if (item.key.sk === "head") return "retire-images";
  if (item.key.sk === "lock") return "restore-source";
  if (isToTell(item.key)) return "notify";
  return stepIn(item.doc);
}

/** Reports to chats, callbacks, questions to hooks, and what is to be told of a recipe or to a target. */
export function isToTell({ sk }: Key): boolean {
  return TO_TELL.test(sk);
}
const TO_TELL = /^(report#|callback#|hook#|message#|notifications$)/;

/** Reads only the fields that it needs: the item's function reports a record that is damaged or of another version. */
const stepSchema = z.object({ step: z.enum(STEP_NAMES) });

function stepIn(doc: string): StepName {
  try {
    return stepSchema.parse(JSON.parse(doc)).step;
  } catch {
    return "abandon"; // it stops no sweep
  }
}
