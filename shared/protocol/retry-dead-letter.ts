import * as z from "zod/mini";
import type { Item, Store, ReconcileRequest } from "../ports.ts";
import { runKey } from "../run/run-id.ts";
import { update } from "./actor.ts";
import { type DeadLetter, deadLetterKey, deadLetterSchema, requestIn } from "./dead-letter.ts";
import type { Deps } from "./step.ts";
import { queueOf } from "./sweep.ts";

type RefusalCode = "ended" | "no-record" | "queue-unknown";

/** What putting a dead letter back does. */
export type Retry =
  /** Sends a message for the record's present version: one for the old version would be dropped as stale. */
  | { kind: "send"; queue: string; request: ReconcileRequest }
  /** Puts a message that Regild did not write back as it was, into the same queue. */
  | { kind: "put_back"; queue: string; body: string }
  | {
      kind: "refuse";
      code: RefusalCode;
      message: string;
      remedy: string;
    };

/** Puts a message that Regild did not write into a queue. */
export type PutBack = (queue: string, body: string) => Promise<void>;

/** The record that a dead letter is about; null: there is none. */
export async function recordOf(store: Store, deadLetter: DeadLetter): Promise<Item | null> {
  const request = requestIn(deadLetter.body);
  return request === null ? null : store.get(request.key);
}

/**
 * Sent first, then noted: a stop in between leaves a dead letter that can be put back again, and its second message does no
 * harm. @returns what was done, or why not.
 */
export async function retryDeadLetter(
  deps: Pick<Deps, "store" | "queue" | "ids" | "now">,
  deadLetter: DeadLetter,
  putBack: PutBack,
): Promise<Retry> {
  const plan = planRetry(deadLetter, await recordOf(deps.store, deadLetter));
  if (plan.kind === "refuse") return plan;
  if (plan.kind === "send") await deps.queue.send(plan.queue, plan.request, 0);
  else await putBack(plan.queue, plan.body);
  const retriedAtMs = deps.now();
  await update(
    deps,
    deadLetterKey(deadLetter),
    deadLetterSchema,
    deadLetter,
    (there) => ({ ...there, retriedAtMs }),
    ({ expiresAtMs }) => ({ sweepAtMs: null, expiresAtMs }),
  );
  return plan;
}

/** @param item the record that the dead letter is about. */
export function planRetry({ id, kind, queue, body }: DeadLetter, item: Item | null): Retry {
  const refuse = (code: RefusalCode, message: string, remedy: string): Retry => {
    return { kind: "refuse", code, message, remedy };
  };
  if (kind === "unknown") {
    if (queue !== null) return { kind: "put_back", queue, body };
    return refuse(
      "queue-unknown",
      `Nobody knows which queue ${id} was in`,
      "If somebody needs it, let its sender send it again: regild retry -o json shows it",
    );
  }
  if (item === null) {
    return refuse(
      "no-record",
      `Nothing is stored of ${id}`,
      "The data file is a copy from before that message. Nothing has to be done",
    );
  }
  const isToTell = kind === "callback" || kind === "notification";
  const outcome = kind === "run" || isToTell ? outcomeIn(item.doc) : null;
  if (outcome !== null && isToTell) {
    return refuse("ended", `${id} was delivered`, "Nothing has to be done");
  }
  if (outcome !== null) {
    return refuse(
      "ended",
      `Run ${id} has ended: ${outcome}`,
      `To start again: regild refresh ${runKey(id).pk.slice(2)}`,
    );
  }
  return { kind: "send", queue: queueOf(item), request: { key: item.key, version: item.version } };
}

/** The present state of a dead letter. */
export const STANDINGS = [
  /** Its record is still at the version that nobody could process, and nobody has put the dead letter back since. */
  "stuck",
  "put_back",
  /** Its record has gone on or ended, or there is none: nothing has to be done. */
  "resolved",
  /** Regild did not write the message. */
  "not_ours",
] as const;
export type Standing = (typeof STANDINGS)[number];

export function standingOf(deadLetter: DeadLetter, item: Item | null): Standing {
  const request = requestIn(deadLetter.body);
  const isPutBack =
    deadLetter.retriedAtMs !== null && deadLetter.retriedAtMs >= deadLetter.lastAtMs;
  if (request === null) return isPutBack ? "put_back" : "not_ours";
  const isStuck = item !== null && item.version <= request.version && outcomeIn(item.doc) === null;
  if (!isStuck) return "resolved";
  return isPutBack ? "put_back" : "stuck";
}

/** Reads only the fields that it needs, so that records of other versions can be put back too. */
const endedSchema = z.union([
  z.object({ outcome: z.string() }),
  z.object({ doneAtMs: z.number(), failure: z.null() }), // of a callback or notification
]);

/** Null: the run has not ended, or the record does not say so. */
function outcomeIn(doc: string): string | null {
  try {
    const ended = endedSchema.parse(JSON.parse(doc));
    return "outcome" in ended ? ended.outcome : "delivered";
  } catch {
    return null;
  }
}
