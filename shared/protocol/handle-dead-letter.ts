import type * as z from "zod/mini";
import { recipeStateSchema } from "../image/recipe-state.ts";
import type { Item, Timing, ReconcileRequest } from "../ports.ts";
import { isHeld } from "../run/intent.ts";
import { messageSchema } from "../notification/message.ts";
import { notificationStateSchema } from "../notification/state.ts";
import { MESSAGE_PREFIX, NOTIFICATION_STATE } from "../notification/state-key.ts";
import { callbackSchema } from "../run/callback.ts";
import { CALLBACK_PREFIX } from "../run/callback-key.ts";
import { HOOK_PREFIX, hookDeliverySchema } from "../run/hook.ts";
import { type Run, runSchema } from "../run/record.ts";
import type { StepName } from "../run/step-names.ts";
import { recordEvents } from "../run/timeline.ts";
import { sourceSchema } from "../source/item.ts";
import { type Actor, commit, read, update } from "./actor.ts";
import {
  type Done,
  type DeadLetter,
  deadLetterKey,
  deadLetterSchema,
  subjectOf,
  requestIn,
} from "./dead-letter.ts";
import type { Deps } from "./step.ts";
import { type ErrorText, errorOf, errorLine } from "./error-text.ts";
import { EVIDENCE_KEPT_MS, troubleOf } from "./trouble.ts";
import { LOST_AFTER_MS } from "./session.ts";
import { parseRequest } from "./reconcile-request.ts";

/** A message that reached its queue's maximum of receives. */
export interface DeadMessage {
  body: string;
  /** The queue of the message. Null: unknown. */
  queue: string | null;
}

/** Without a cloud, because the step `abandon` undoes the run. */
type Ports = Pick<Deps, "store" | "queue" | "ids" | "timing" | "now">;

const INTERNAL_ERROR = "internal-error";
const MINUTE_MS = 60_000;
const MAX_GAP_MINUTES = 15;

/**
 * Keeps the dead letter, and fails its run if the run can still be undone. The dead letter is written first: if this
 * worker stops after that, the message comes again and the finished part is found done.
 */
export async function handleDeadLetter(deps: Ports, message: DeadMessage): Promise<DeadLetter> {
  const request = requestIn(message.body);
  if (request === null) {
    return keep(deps, message, { done: "not_ours", step: null, error: whyNotOurs(message.body) });
  }
  const item = await deps.store.get(request.key);
  const { done, step, run } = judge(request, item, deps.now(), deps.timing);
  const trouble = await troubleOf(deps.store, request);
  const deadLetter = await keep(deps, message, { done, step, error: trouble?.error ?? null });
  if (done === "failed" && run !== null && !(await fail(deps, run, trouble))) {
    // Another worker was faster: judges the new version.
    return handleDeadLetter(deps, message);
  }
  if (done === "left" || done === "unreadable") {
    const sweepAtMs = putOffUntilMs(run?.doc ?? null, deadLetter.count, deps.now(), deps.timing);
    await deps.store.mark(request.key, { sweepAtMs });
  }
  return deadLetter;
}

interface Judgement {
  done: Done;
  /** Where its run stood. */
  step: StepName | null;
  /** The run to fail, or to leave to the sweep. */
  run: Actor<Run> | null;
}

/**
 * Decides what a dead message means for its record. A run that has gone on without the message is left alone. So is a
 * run that only goes forward, or whose intent may still be answered: the sweep and the deadline take care of it.
 */
export function judge(
  request: ReconcileRequest,
  item: Item | null,
  nowMs: number,
  timing: Timing,
): Judgement {
  const only = (done: Done): Judgement => ({ done, step: null, run: null });
  if (item === null || item.version < request.version) return only("no_record");
  const isOlder = item.version > request.version;
  if (!isReadable(item)) return only(isOlder ? "gone_on" : "unreadable");
  if (!item.key.sk.startsWith("run#")) return only(isOlder ? "gone_on" : "left");
  const run = read(item, runSchema);
  const { outcome, failure, step, promoted, intent } = run.doc;
  if (isOlder && failure?.code === INTERNAL_ERROR) {
    return { done: "failed", step: failure.step, run: null };
  }
  if (isOlder || outcome !== null) return only("gone_on");
  const waits = intent !== null && isHeld(intent, nowMs, timing);
  return { done: step === "abandon" || promoted || waits ? "left" : "failed", step, run };
}

function isReadable({ key, doc }: Item): boolean {
  try {
    return schemaOf(key.sk).safeParse(JSON.parse(doc)).success;
  } catch {
    return false;
  }
}

function schemaOf(sk: string): z.ZodMiniType {
  if (sk === "head") return recipeStateSchema;
  if (sk === "lock") return sourceSchema;
  if (sk === NOTIFICATION_STATE) return notificationStateSchema;
  if (sk.startsWith(MESSAGE_PREFIX)) return messageSchema;
  if (sk.startsWith(HOOK_PREFIX)) return hookDeliverySchema;
  return sk.startsWith(CALLBACK_PREFIX) ? callbackSchema : runSchema;
}

/**
 * When the sweep sends the record again: after 1, 2, 4 … 15 minutes, so a record that cannot be processed costs a few
 * messages an hour. It is never later than the end of the run's grace.
 */
export function putOffUntilMs(
  run: Run | null,
  deadLetters: number,
  nowMs: number,
  timing: Timing,
): number {
  const gapMinutes = Math.min(MAX_GAP_MINUTES, 2 ** Math.min(deadLetters - 1, 10));
  const untilMs = nowMs + gapMinutes * MINUTE_MS;
  const endsAtMs = run === null ? 0 : run.deadlineAtMs + timing.graceMs;
  return endsAtMs > nowMs ? Math.min(untilMs, endsAtMs) : untilMs;
}

/** @returns false: another worker committed the record. */
async function fail(
  deps: Ports,
  run: Actor<Run>,
  trouble: { error: ErrorText; count: number } | null,
): Promise<boolean> {
  const { doc } = run;
  const atMs = deps.now();
  const why =
    trouble === null
      ? "no error was seen, its worker ended each time before it could tell one"
      : `${errorLine(trouble.error)} (tried ${trouble.count} times)`;
  const message = `Regild could not process this run in ${doc.step}: ${why}`;
  const failure = {
    code: INTERNAL_ERROR,
    message,
    remedy: `This is a mistake in Regild: report it with this error. regild retry lists the message. To start again: regild refresh ${doc.recipeName}`,
    step: doc.step,
    atMs,
    evidence: [],
  };
  const { step } = doc;
  const told = recordEvents(doc.timeline, [
    { atMs, step, kind: "failure", text: message, count: 1, calls: [] },
  ]);
  const failed: Run = {
    ...doc,
    failure,
    step: "abandon",
    stepSinceMs: atMs,
    reconcileAtMs: atMs,
    transientFailures: 0,
    timeline: told,
  };
  const won = await commit(deps, run, failed, { sweepAtMs: atMs + LOST_AFTER_MS });
  if (won === null) return false;
  await deps.queue.send("abandon", { key: run.key, version: won.version }, 0);
  return true;
}

/** Writes the dead letter, or adds to the one of the same record. */
async function keep(
  deps: Ports,
  { body, queue }: DeadMessage,
  found: Pick<DeadLetter, "done" | "step" | "error">,
): Promise<DeadLetter> {
  const nowMs = deps.now();
  const news = { body, queue, ...found, lastAtMs: nowMs, expiresAtMs: nowMs + EVIDENCE_KEPT_MS };
  const empty: DeadLetter = {
    schema: 2,
    ...subjectOf(body),
    ...news,
    count: 0,
    firstAtMs: nowMs,
    retriedAtMs: null,
  };
  const add = (there: DeadLetter): DeadLetter | null => {
    const before = there.expiresAtMs > nowMs ? there : empty;
    const isOlder = (requestIn(before.body)?.version ?? 0) > (requestIn(body)?.version ?? 0);
    // A message that its record has overtaken is noted only if there is a dead letter already.
    if (isOlder || (found.done === "gone_on" && before.count === 0)) return null;
    return { ...before, ...news, error: found.error ?? before.error, count: before.count + 1 };
  };
  return update(deps, deadLetterKey(empty), deadLetterSchema, empty, add, ({ expiresAtMs }) => ({
    sweepAtMs: null,
    expiresAtMs,
  }));
}

function whyNotOurs(body: string): ErrorText | null {
  try {
    parseRequest(body);
    return null;
  } catch (error) {
    return errorOf(error);
  }
}
