import { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import type { Image } from "../cloud-ports.ts";
import type { Failure, Intent, IntentKind, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { evidence } from "../run/timeline.ts";
import { LATE_STOP_MS } from "../source/item.ts";
import type { Actor } from "./actor.ts";
import { cancelOf, whileIn } from "./cancel.ts";
import { end, join } from "./end.ts";
import { maySend, resolvableAtMs } from "../run/intent.ts";
import { undoLateAnswer } from "./late-answer.ts";
import type { Problem } from "../context.ts";
import type { Deps, StepResult, Program } from "./step.ts";
import { Overtaken, Session } from "./session.ts";

/** Rounds of one invocation. A run that needs more continues with its next message. */
const MAX_ROUNDS = 20;
/**
 * The image is current by then. What is left to do, the recipe's later messages do as well, and the next refresh must
 * not have to wait for a cloud that fails.
 */
const AFTERWORK_MS = 10 * 60_000;
const OUT_OF_TIME = "its run had no time left";
/** Creates of one kind that may go unanswered and unfound before the run gives up. */
const MAX_UNANSWERED_ATTEMPTS = 3;

/**
 * Reconciles a run: observes, decides, acts and commits, until the run waits, ends, or continues in another step's
 * function. Two workers may do so at once with the same version: one of them is overtaken at its first commit.
 */
export async function reconcileRun(
  deps: Deps,
  program: Program,
  actor: Actor<Run>,
  listed: ReadonlyMap<string, Image>,
): Promise<void> {
  const session = new Session(deps, actor, listed);
  try {
    await work(session, program);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
  }
}

async function work(session: Session, program: Program): Promise<void> {
  const { deps, run } = session;
  if (run.outcome !== null) return;
  if (run.intent !== null && deps.now() < resolvableAtMs(run.intent, deps.timing)) {
    return session.hop(resolvableAtMs(run.intent, deps.timing));
  }
  const overdue = deps.now() >= run.deadlineAtMs + deps.timing.graceMs;
  if (deps.now() < run.reconcileAtMs && !session.cancelled && !overdue) {
    return session.isPutOff
      ? session.hop(run.reconcileAtMs)
      : session.saveAndSend({}, run.reconcileAtMs);
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if ((await oneRound(session, program)) === "over") return;
  }
  await session.saveAndSend({}, deps.now());
}

async function oneRound(session: Session, program: Program): Promise<"again" | "over"> {
  const { deps, run } = session;
  const now = deps.now();
  const isOver = now >= run.deadlineAtMs + deps.timing.graceMs;
  try {
    const mayEnd = run.promoted || run.step === "abandon";
    if (isOver && mayEnd) return await end(session, "out of time", OUT_OF_TIME);
    // A cloud in which a try cannot be looked for keeps no run alive: the inventory goes on looking.
    if (run.intent !== null && !isOver) return await resolveIntent(session, program);
    const interruption = await interrupt(session, now >= run.deadlineAtMs);
    if (interruption !== null) return await fail(session, interruption);
    const result = await program.steps[run.step](session.ctx, run);
    return await follow(session, program, result);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return await retryOrFail(session, error);
  }
}

/** Before the promotion, a deadline or a cancel undoes the run. After it, the run only goes forward. */
async function interrupt(
  { run, cancelled, deps }: Session,
  late: boolean,
): Promise<Problem | null> {
  if (run.promoted || run.step === "abandon") return null;
  if (cancelled) {
    const cancel = await cancelOf(deps.store, run.id);
    return {
      code: "cancelled",
      message: `Cancelled${cancel === null ? "" : ` by ${cancel.by}`} ${whileIn(run)}`,
      cancel,
      remedy: `To start again: regild refresh ${run.recipeName}`,
    };
  }
  if (!late) return null;
  const seen = run.timeline.findLast((e) => e.step === run.step)?.text;
  return {
    code: "deadline-passed",
    message: `Not done within the deadline: still in ${run.step}${seen === undefined ? "" : `, ${seen}`}`,
    remedy: `If this source needs longer, raise ${run.recipeName}.deadline in recipes.yml. If the upload stood still, give the request ids to the cloud's operator`,
  };
}

async function follow(
  session: Session,
  program: Program,
  result: StepResult,
): Promise<"again" | "over"> {
  const now = session.deps.now();
  switch (result.kind) {
    case "advance":
      session.record("step", result.text);
      await session.saveAndSend(
        { transientFailures: 0, ...result.set, step: result.to, stepSinceMs: now },
        now,
      );
      return "over";
    case "note":
      session.record("observation", result.text);
      await session.save({ transientFailures: 0, ...result.set });
      return "again";
    case "wait":
      session.record("observation", result.text);
      await session.saveAndSend(
        { transientFailures: 0, ...result.set },
        now + result.seconds * 1000,
      );
      return "over";
    case "act":
      await result.perform();
      session.record("act", result.text);
      if (result.thenWaitSeconds > 0) {
        await session.saveAndSend(
          { transientFailures: 0, ...result.set },
          now + result.thenWaitSeconds * 1000,
        );
        return "over";
      }
      if (Object.keys(result.set).length > 0) await session.save(result.set);
      return "again";
    case "intend":
      return intend(session, program, result.intent, result.text);
    case "fail":
      return fail(session, result);
    case "end":
      return end(session, result.text, result.kept);
    case "join":
      return join(session, result.runId);
  }
}

/** Commits the intent, sends the call at most once, then commits the answer. */
async function intend(
  session: Session,
  program: Program,
  kind: IntentKind,
  text: string,
): Promise<"again" | "over"> {
  const { deps, ctx, run } = session;
  const creation = program.creations[kind];
  for (const lost of run.unansweredAttempts) {
    const found = await program.creations[lost.kind].find(ctx, run, lost);
    if (found === null) continue;
    session.record("answer", `${lost.name} has shown up after all`);
    await session.save({
      ...found,
      unansweredAttempts: run.unansweredAttempts.filter((t) => t !== lost),
    });
    return "again";
  }
  if (run.unansweredAttempts.length >= MAX_UNANSWERED_ATTEMPTS) {
    return fail(session, {
      code: "create-unanswered",
      message: `${MAX_UNANSWERED_ATTEMPTS} times in a row the cloud neither answered ${kind} nor shows its result`,
      remedy:
        "Give the request times to the cloud's operator. What still shows up in the next 24 h is deleted",
    });
  }
  const send = await creation.ready(ctx, run);
  const id = deps.ids.short();
  const intent = {
    kind,
    id,
    name: program.creationName(run, kind, id),
    atMs: deps.now(),
    answer: "open" as const,
  };
  session.record("intent", text);
  const creationNames =
    kind === "create-image" ? [...run.creationNames, intent.name] : run.creationNames;
  await session.save({ intent, creationNames }, resolvableAtMs(intent, deps.timing));
  if (!maySend(intent, deps.now(), deps.timing)) return "over";
  let created: Partial<Run>;
  try {
    created = await send(intent);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === "unanswered") {
      session.record("answer", `answer unknown: ${error.message}`);
      const resolvableAt = resolvableAtMs(intent, deps.timing);
      await afterSending(session, intent, {}, () =>
        session.saveAndSend({ intent: { ...intent, answer: "unknown" } }, resolvableAt),
      );
      return "over";
    }
    session.record("answer", error.message);
    await session.save({ intent: null });
    return retryOrFail(session, error);
  }
  session.record("answer", "accepted");
  await afterSending(session, intent, created, () =>
    session.save({ ...created, intent: null, transientFailures: 0 }),
  );
  return "again";
}

/** A worker that slept while others took the run over still knows what it has sent: it undoes that. */
async function afterSending(
  session: Session,
  intent: Intent,
  created: Partial<Run>,
  save: () => Promise<void>,
): Promise<void> {
  try {
    await save();
  } catch (error) {
    if (error instanceof Overtaken) await undoLateAnswer(session, intent, created);
    throw error;
  }
}

/** No worker can still be waiting for the answer: looks for what the attempt has created. */
async function resolveIntent(session: Session, program: Program): Promise<"again"> {
  const { run, ctx } = session;
  const intent = run.intent;
  if (intent === null) return "again";
  const found = await program.creations[intent.kind].find(ctx, run, intent);
  if (intent.kind === "stop-server") await reckonWithLateStop(session);
  if (found !== null) {
    session.record("answer", intent.kind === "stop-server" ? "resolved" : "found by its name");
    await session.save({ ...found, intent: null });
  } else {
    session.record("answer", `no answer came, and nothing is named ${intent.name}`);
    await session.save({ intent: null, unansweredAttempts: [...run.unansweredAttempts, intent] });
  }
  return "again";
}

/** A delayed stop request can reach Nova after the server was started again, so the server is watched for LATE_STOP_MS. */
async function reckonWithLateStop({ ctx, run, deps }: Session): Promise<void> {
  if (run.source === null) return;
  const lateStopUntilMs = deps.now() + LATE_STOP_MS;
  await ctx.changeSource(run.source.id, (s) => ({ ...s, lateStopUntilMs }));
}

/** A transient failure is a committed wait, not a throw: a throw uses up one receive of the message, and the last one makes it a dead letter. */
async function retryOrFail(session: Session, error: CloudError): Promise<"over" | "again"> {
  const { run, deps } = session;
  const forward = run.promoted || run.step === "abandon";
  const { code } = error;
  if (error.kind === "refused" && code !== null && code !== "busy" && !forward) {
    return fail(session, { code, message: error.message, remedy: remedyFor(code) });
  }
  if (run.promoted && deps.now() - run.stepSinceMs >= AFTERWORK_MS) {
    return end(session, `${run.step} was given up: ${error.message}`, error.message);
  }
  const transientFailures = run.transientFailures + 1;
  const grown = Math.min(300, 5 * 2 ** Math.min(transientFailures - 1, 6));
  const seconds = Math.max(error.retryAfterSeconds ?? 0, grown * (0.5 + deps.ids.random() / 2));
  session.record("transient", error.message);
  await session.saveAndSend({ transientFailures }, deps.now() + Math.ceil(seconds * 1000));
  return "over";
}

/** A list of what was found may be in it. */
const MAX_FAILURE_TEXT = 4_000;

async function fail(session: Session, problem: Problem): Promise<"over"> {
  const { run, deps } = session;
  const proof = [
    ...run.timeline.filter((e) => e.kind === "answer").flatMap((e) => e.calls),
    ...evidence(session.ctx.calls),
  ];
  const failure: Failure = {
    code: problem.code,
    message: cloudWords(problem.message, MAX_FAILURE_TEXT),
    remedy: cloudWords(problem.remedy, MAX_FAILURE_TEXT),
    step: run.step,
    atMs: deps.now(),
    evidence: proof.slice(-4),
    ...(problem.cancel == null ? {} : { cancel: problem.cancel }),
  };
  session.record("failure", problem.message);
  const now = deps.now();
  await session.saveAndSend(
    { failure, step: "abandon", stepSinceMs: now, transientFailures: 0 },
    now,
  );
  return "over";
}
