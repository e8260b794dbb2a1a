import type { ReconcileRequest } from "../ports.ts";
import { type Actor, commit, load } from "../protocol/actor.ts";
import { keepGivenUp } from "../protocol/given-up.ts";
import { deliver, type Delivered } from "./deliver.ts";
import type { NotifyDeps } from "./deps.ts";
import { type Message, messageSchema } from "../notification/message.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The last one is repeated. */
const GAPS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR];
const GIVE_UP_MS = 24 * HOUR;
const KEPT_MS = 14 * 24 * HOUR;
/** Longer than any delivery takes. Then the worker that has begun one has died, and another begins anew. */
const LEASE_MS = 3 * MINUTE;

/**
 * Takes one message of the queue. A try is written down before it is made, so a queue's message that comes twice sends one
 * message; after a stop in between nobody knows whether it was taken, and it is sent again under the same id.
 */
export async function reconcileMessage(on: NotifyDeps, request: ReconcileRequest): Promise<void> {
  const actor = await load(on.store, request.key, messageSchema);
  if (actor === null || actor.version !== request.version) return;
  const { doc: message } = actor;
  const isGivenUp = message.failure !== null; // and somebody has sent it again
  if (message.gatheredIn !== null || (message.doneAtMs !== null && !isGivenUp)) return;
  const nowMs = on.now();
  if (nowMs < message.dueAtMs && !isGivenUp) {
    await on.store.mark(actor.key, { sweepAtMs: message.dueAtMs });
    return;
  }
  const trying = { ...message, isOpen: false, triedAtMs: message.triedAtMs ?? nowMs };
  const begun = await commit(on, actor, trying, { sweepAtMs: nowMs + LEASE_MS });
  if (begun === null) return;
  const delivered = await deliver(on, begun);
  const taken = [...new Set([...message.taken, ...delivered.taken])];
  const after = { ...begun, doc: { ...begun.doc, taken } };
  const { refusal } = delivered;
  if (refusal === null || refusal.isForGood) return finish(on, after, refusal?.reason ?? null);
  await retry(on, after, refusal);
}

async function retry(
  on: NotifyDeps,
  actor: Actor<Message>,
  { reason }: NonNullable<Delivered["refusal"]>,
): Promise<void> {
  const nowMs = on.now();
  const { triedAtMs, target } = actor.doc;
  const failures = actor.doc.failures + 1;
  if (nowMs - (triedAtMs ?? nowMs) > GIVE_UP_MS) return finish(on, actor, reason);
  const gapMs = GAPS_MS[failures - 1] ?? GAPS_MS.at(-1) ?? HOUR;
  const dueAtMs = nowMs + gapMs;
  on.log.warn("notification was not taken", { target, ...about(actor.doc), reason, failures });
  await commit(on, actor, { ...actor.doc, failures, dueAtMs }, { sweepAtMs: dueAtMs });
}

async function finish(
  on: NotifyDeps,
  actor: Actor<Message>,
  failure: string | null,
): Promise<void> {
  const nowMs = on.now();
  const { target } = actor.doc;
  const told = { target, ...about(actor.doc) };
  if (failure !== null) await keepGivenUp(on, actor, failure);
  const doc = { ...actor.doc, doneAtMs: nowMs, failure };
  await commit(on, actor, doc, { sweepAtMs: null, expiresAtMs: nowMs + KEPT_MS });
  if (failure === null) on.log.info("notification delivered", told);
  else on.log.error("notification was given up", { ...told, reason: failure });
}

function about({ notifications }: Message): Record<string, unknown> {
  const [first] = notifications;
  if (notifications.length > 1) return { notifications: notifications.length };
  return { recipe: first?.recipe, event: first?.event, run: first?.run };
}
