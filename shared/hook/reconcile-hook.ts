import { isWebhook } from "../callback/target.ts";
import type { CallbackDeps } from "../callback/reconcile-callback.ts";
import type { Queue, ReconcileRequest } from "../ports.ts";
import { type Actor, commit, load } from "../protocol/actor.ts";
import { type HookDelivery, hookDeliverySchema, isWaitingForHook } from "../run/hook.ts";
import { type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { sha256 } from "../webhook/digest.ts";
import { answerRun } from "./answer-run.ts";
import { type Meaning, meaningOf } from "./answer.ts";
import { secretsIn } from "./secrets-in.ts";
import { hookRequest, tokenFor } from "./request.ts";

export interface HookDeps extends CallbackDeps {
  queue: Queue;
}

const SECOND = 1000;
/** From one request to the next. The last one is repeated. */
const GAPS_MS = [5 * SECOND, 30 * SECOND, 120 * SECOND];
/** Until a stale read of the run shows the question. */
const STALE_MS = 5 * SECOND;
/** Longer than a request takes: a worker that dies has it sent again by the sweep. */
const SENDING_MS = 60 * SECOND;
const KEPT_MS = 14 * 24 * 3600 * SECOND;

/** Takes one message of the queue: asks the hook of a run, and brings its answer to the run. The sweep sends the next. */
export async function reconcileHook(on: HookDeps, request: ReconcileRequest): Promise<void> {
  const found = await load(on.store, request.key, hookDeliverySchema);
  if (found === null || found.version !== request.version) return;
  const { doc: delivery } = found;
  if (delivery.doneAtMs !== null) return;
  const run = await load(on.store, runKey(delivery.runId), runSchema);
  const now = on.now();
  if (run === null || isOver(run.doc, delivery.attempt)) return finish(on, found);
  // Also a read of the run that is older than the question.
  if (!isAsking(run, now)) return plan(on, found, now + STALE_MS);
  if (now < delivery.dueAtMs) return plan(on, found, delivery.dueAtMs);
  await ask(on, found, run.doc);
}

/** The run has gone on, by this answer or another one, or without any. */
function isOver({ outcome, failure, attempt, hook }: Run, asked: number): boolean {
  const isAnswered = attempt === asked && (hook?.answer ?? null) !== null;
  return outcome !== null || failure !== null || attempt > asked || isAnswered;
}

/** Nobody is asked for a run that has no time left, or is being cancelled. */
function isAsking({ doc, cancelAtMs }: Actor<Run>, nowMs: number): boolean {
  const isInTime = nowMs < Math.min(doc.hook?.untilMs ?? 0, doc.deadlineAtMs);
  return isWaitingForHook(doc) && isInTime && cancelAtMs === null;
}

async function ask(on: HookDeps, found: Actor<HookDelivery>, run: Run): Promise<void> {
  const { to = "" } = run.recipe.prepare.hook ?? {};
  const target = (await on.callbacks()).get(to);
  const [secret] = target?.secrets ?? [];
  if (target === undefined || !isWebhook(target) || secret === undefined)
    return retry(on, found, { to, problem: `regild.yml has no ${to}` });
  const token = tokenFor(run, secret);
  const digest = sha256(token).toString("hex");
  const { doc } = found;
  const tokens = doc.tokens.includes(digest) ? doc.tokens : [...doc.tokens, digest];
  const now = on.now();
  // The hook may answer by this token before its first answer is read.
  const mine = await commit(on, found, { ...doc, tokens }, { sweepAtMs: now + SENDING_MS });
  if (mine === null) return; // another worker asks
  const request = hookRequest(run, { target, token, nowMs: now });
  const { url, secrets, private_addresses: allowPrivate = false } = target;
  const where = { origins: [new URL(url).origin], allowPrivate };
  const hidden = [token, ...secrets, ...secretsIn(url)];
  const meaning = meaningOf(await on.outgoing.send(request, where), hidden);
  await follow(on, mine, { to, meaning });
}

async function follow(
  on: HookDeps,
  actor: Actor<HookDelivery>,
  { to, meaning }: { to: string; meaning: Meaning },
): Promise<void> {
  const { runId, attempt } = actor.doc;
  if (meaning.kind === "again") return retry(on, actor, { to, problem: meaning.problem });
  on.log.info("hook asked", { run: runId, hook: to, answer: meaning.kind });
  if (meaning.kind === "answered") {
    const { isReady, text } = meaning;
    await answerRun(on, { runId, attempt, answer: { isReady, text } });
    return finish(on, actor);
  }
  return finish(on, actor, { takenAtMs: on.now() });
}

async function retry(
  on: HookDeps,
  actor: Actor<HookDelivery>,
  { to, problem }: { to: string; problem: string },
): Promise<void> {
  const { runId, failures: before } = actor.doc;
  const failures = before + 1;
  const gapMs = GAPS_MS[failures - 1] ?? GAPS_MS.at(-1) ?? SECOND;
  on.log.warn("hook asked in vain", { run: runId, hook: to, problem, failures });
  const dueAtMs = on.now() + gapMs;
  await commit(on, actor, { ...actor.doc, failures, problem, dueAtMs }, { sweepAtMs: dueAtMs });
}

async function plan(on: HookDeps, actor: Actor<HookDelivery>, atMs: number): Promise<void> {
  await commit(on, actor, actor.doc, { sweepAtMs: atMs });
}

/** Nothing is left to send. */
async function finish(
  on: HookDeps,
  actor: Actor<HookDelivery>,
  set: Partial<HookDelivery> = {},
): Promise<void> {
  const now = on.now();
  const doc = { ...actor.doc, ...set, doneAtMs: now };
  await commit(on, actor, doc, { sweepAtMs: null, expiresAtMs: now + KEPT_MS });
}
