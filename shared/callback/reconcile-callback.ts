import type { Log, Outgoing, ReconcileRequest } from "../ports.ts";
import { type Actor, commit, load } from "../protocol/actor.ts";
import { keepGivenUp } from "../protocol/given-up.ts";
import type { Deps } from "../protocol/step.ts";
import { type Callback, CALLBACK_CHECK_MS, callbackSchema } from "../run/callback.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { deliver, type Refusal } from "./deliver.ts";
import type { CallbackTarget } from "./target.ts";

export interface CallbackDeps extends Pick<Deps, "store" | "ids" | "now"> {
  log: Log;
  outgoing: Outgoing;
  callbacks: () => Promise<ReadonlyMap<string, CallbackTarget>>;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The last one is repeated. Standard Webhooks suggests growing gaps over a day. */
const GAPS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR];
const GIVE_UP_MS = 24 * HOUR;
const NEVER_BEGUN_MS = HOUR;
/** Longer than all requests of a delivery take. */
const CLAIMED_MS = 3 * MINUTE;
const KEPT_MS = 14 * 24 * HOUR;

/** Takes one message of the queue: delivers how a run stands, or plans when to look again. The sweep sends the next. */
export async function reconcileCallback(
  on: CallbackDeps,
  request: ReconcileRequest,
): Promise<void> {
  const found = await load(on.store, request.key, callbackSchema);
  if (found === null || found.version !== request.version) return;
  const { doc: callback } = found;
  const isGivenUp = callback.failure !== null; // and somebody has sent it again
  if (callback.doneAtMs !== null && !isGivenUp) return;
  const now = on.now();
  const run = (await load(on.store, runKey(callback.runId), runSchema))?.doc ?? null;
  if (run === null && now - callback.openedAtMs > NEVER_BEGUN_MS) {
    return finish(on, found, "its run never began");
  }
  const ended = run === null ? null : await endOf(on, run);
  const isTold = callback.kind === "webhook" || callback.isBegun;
  if (run === null || (ended === null && isTold)) return wait(on, found, callback);
  if (now < callback.dueAtMs && !isGivenUp) return plan(on, found, callback);
  const actor = await claim(on, found, now);
  if (actor === null) return; // another worker delivers it
  const refusal = await deliver(on, { callback, run, ended });
  if (refusal?.isForGood === true) return finish(on, actor, refusal.reason);
  if (refusal !== null) return retry(on, actor, ended, refusal);
  if (ended !== null) return finish(on, actor, null);
  await wait(on, actor, { ...callback, isBegun: true, failures: 0, dueAtMs: now });
}

/**
 * Delivers at one worker alone, because what comes twice would make two checks at a commit. The sweep sends it again if
 * the worker dies.
 */
async function claim(
  on: CallbackDeps,
  actor: Actor<Callback>,
  now: number,
): Promise<Actor<Callback> | null> {
  if (actor.doc.kind === "webhook") return actor;
  return commit(on, actor, actor.doc, { sweepAtMs: now + CLAIMED_MS });
}

/** The run, or the one that it joined, once that has ended; null: not yet. */
async function endOf(on: CallbackDeps, run: Run): Promise<Run | null> {
  if (run.outcome !== "joined" || run.joinedRunId === null)
    return run.outcome === null ? null : run;
  const joined = (await load(on.store, runKey(run.joinedRunId), runSchema))?.doc ?? null;
  if (joined === null) return run;
  return joined.outcome === null ? null : joined;
}

/** The run may have ended, and woken its callback, right before this commit puts the next look off. */
async function wait(on: CallbackDeps, actor: Actor<Callback>, doc: Callback): Promise<void> {
  const sweepAtMs = on.now() + CALLBACK_CHECK_MS;
  const won = await commit(on, actor, doc, { sweepAtMs });
  const run = (await load(on.store, runKey(doc.runId), runSchema))?.doc ?? null;
  const isLate = run !== null && (await endOf(on, run)) !== null;
  if (won !== null && isLate) await on.store.mark(actor.key, { sweepAtMs: on.now() });
}

/** @param ended null: the run is under way, and its end is to be told without a long gap before. */
async function retry(
  on: CallbackDeps,
  actor: Actor<Callback>,
  ended: Run | null,
  { reason }: Refusal,
): Promise<void> {
  const now = on.now();
  const failures = actor.doc.failures + 1;
  if (now - (ended?.endedAtMs ?? now) > GIVE_UP_MS) return finish(on, actor, reason);
  const gapMs = GAPS_MS[failures - 1] ?? GAPS_MS.at(-1) ?? HOUR;
  const dueAtMs = now + (ended === null ? Math.min(gapMs, 2 * MINUTE) : gapMs);
  const { runId, to } = actor.doc;
  on.log.warn("callback was not taken", { run: runId, callback: to, reason, failures });
  await plan(on, actor, { ...actor.doc, failures, dueAtMs });
}

async function plan(on: CallbackDeps, actor: Actor<Callback>, doc: Callback): Promise<void> {
  await commit(on, actor, doc, { sweepAtMs: doc.dueAtMs });
}

async function finish(
  on: CallbackDeps,
  actor: Actor<Callback>,
  failure: string | null,
): Promise<void> {
  const now = on.now();
  const { runId, to } = actor.doc;
  const told = { run: runId, callback: to };
  const doc = { ...actor.doc, doneAtMs: now, failure };
  if (failure !== null) await keepGivenUp(on, actor, failure);
  await commit(on, actor, doc, { sweepAtMs: null, expiresAtMs: now + KEPT_MS });
  if (failure === null) on.log.info("callback delivered", told);
  else on.log.error("callback was given up", { ...told, reason: failure });
}
