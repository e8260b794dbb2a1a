import { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import type { Image } from "../cloud-ports.ts";
import type { Failure, Intent, IntentKind, Run } from "../run/record.ts";
import { remedyFor } from "../run/refusal.ts";
import { evidence } from "../run/timeline.ts";
import { LATE_STOP_MS } from "../source/item.ts";
import type { Actor } from "./actor.ts";
import { end, join } from "./end.ts";
import { maySend, settlesAtMs } from "../run/intent.ts";
import { undoLateAnswer } from "./late-answer.ts";
import type { Problem } from "../context.ts";
import type { Deps, Look, Program } from "./step.ts";
import { Overtaken, Turn } from "./turn.ts";

/** Looks and acts of one invocation; a run that wants more gets its next one by message. */
const MAX_ROUNDS = 20;
/**
 * The image is current by then. What is left to do, the recipe's later messages do as well, and the next refresh must
 * not have to wait for a cloud that fails.
 */
const AFTERWORK_MS = 10 * 60_000;
const OUT_OF_TIME = "its run had no time left";
/** Creates of one kind that may go unanswered and unfound before the run gives up. */
const MAX_LOST_TRIES = 3;

/**
 * One go at one run: look, decide, act, write down, until it waits, ends, or goes on in another step's function.
 * Safe to call twice at once with the same version: one of the two is overtaken at its first commit.
 */
export async function lookAtRun(
  deps: Deps,
  program: Program,
  actor: Actor<Run>,
  listed: ReadonlyMap<string, Image>,
): Promise<void> {
  const turn = new Turn(deps, actor, listed);
  try {
    await work(turn, program);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
  }
}

async function work(turn: Turn, program: Program): Promise<void> {
  const { deps, run } = turn;
  if (run.outcome !== null) return;
  if (run.intent !== null && deps.now() < settlesAtMs(run.intent, deps.timing)) {
    return turn.hop(settlesAtMs(run.intent, deps.timing));
  }
  const overdue = deps.now() >= run.deadlineAtMs + deps.timing.graceMs;
  if (deps.now() < run.lookAtMs && !turn.cancelled && !overdue) {
    return turn.isPutOff ? turn.hop(run.lookAtMs) : turn.saveAndSend({}, run.lookAtMs);
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if ((await oneRound(turn, program)) === "over") return;
  }
  await turn.saveAndSend({}, deps.now());
}

async function oneRound(turn: Turn, program: Program): Promise<"again" | "over"> {
  const { deps, run } = turn;
  const now = deps.now();
  const isOver = now >= run.deadlineAtMs + deps.timing.graceMs;
  try {
    const mayEnd = run.promoted || run.step === "abandon";
    if (isOver && mayEnd) return await end(turn, "out of time", OUT_OF_TIME);
    // A cloud in which a try cannot be looked for keeps no run alive: the ledger goes on looking.
    if (run.intent !== null && !isOver) return await settle(turn, program);
    const interruption = interrupt(run, turn.cancelled, now >= run.deadlineAtMs);
    if (interruption !== null) return await fail(turn, interruption);
    const look = await program.steps[run.step](turn.ctx, run);
    return await follow(turn, program, look);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return await weatherOrRefusal(turn, error);
  }
}

/** Before the pivot a deadline or a cancel undoes the run; after it the run only goes forward. */
function interrupt(run: Run, cancelled: boolean, late: boolean): Problem | null {
  if (run.promoted || run.step === "abandon") return null;
  if (cancelled) {
    return {
      code: "cancelled",
      message: `Cancelled in ${run.step}`,
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

async function follow(turn: Turn, program: Program, look: Look): Promise<"again" | "over"> {
  const now = turn.deps.now();
  switch (look.kind) {
    case "advance":
      turn.tell("step", look.text);
      await turn.saveAndSend({ weather: 0, ...look.set, step: look.to, stepSinceMs: now }, now);
      return "over";
    case "note":
      turn.tell("look", look.text);
      await turn.save({ weather: 0, ...look.set });
      return "again";
    case "wait":
      turn.tell("look", look.text);
      await turn.saveAndSend({ weather: 0, ...look.set }, now + look.seconds * 1000);
      return "over";
    case "act":
      await look.perform();
      turn.tell("act", look.text);
      if (look.thenWaitSeconds > 0) {
        await turn.saveAndSend({ weather: 0, ...look.set }, now + look.thenWaitSeconds * 1000);
        return "over";
      }
      if (Object.keys(look.set).length > 0) await turn.save(look.set);
      return "again";
    case "intend":
      return intend(turn, program, look.intent, look.text);
    case "fail":
      return fail(turn, look);
    case "end":
      return end(turn, look.text, look.kept);
    case "join":
      return join(turn, look.runId);
  }
}

/** Announce, then send at most once, then write down the answer. */
async function intend(
  turn: Turn,
  program: Program,
  kind: IntentKind,
  text: string,
): Promise<"again" | "over"> {
  const { deps, ctx, run } = turn;
  const creation = program.creations[kind];
  for (const lost of run.lostTries) {
    const found = await program.creations[lost.kind].find(ctx, run, lost);
    if (found === null) continue;
    turn.tell("answer", `${lost.name} has shown up after all`);
    await turn.save({ ...found, lostTries: run.lostTries.filter((t) => t !== lost) });
    return "again";
  }
  if (run.lostTries.length >= MAX_LOST_TRIES) {
    return fail(turn, {
      code: "create-unanswered",
      message: `${MAX_LOST_TRIES} times in a row the cloud neither answered ${kind} nor shows its result`,
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
  turn.tell("intent", text);
  const creationNames =
    kind === "create-image" ? [...run.creationNames, intent.name] : run.creationNames;
  await turn.save({ intent, creationNames }, settlesAtMs(intent, deps.timing));
  if (!maySend(intent, deps.now(), deps.timing)) return "over";
  let made: Partial<Run>;
  try {
    made = await send(intent);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === "unanswered") {
      turn.tell("answer", `answer unknown: ${error.message}`);
      const settled = settlesAtMs(intent, deps.timing);
      await afterSending(turn, intent, {}, () =>
        turn.saveAndSend({ intent: { ...intent, answer: "unknown" } }, settled),
      );
      return "over";
    }
    turn.tell("answer", error.message);
    await turn.save({ intent: null });
    return weatherOrRefusal(turn, error);
  }
  turn.tell("answer", "accepted");
  await afterSending(turn, intent, made, () => turn.save({ ...made, intent: null, weather: 0 }));
  return "again";
}

/** A worker that slept so long that others have taken the run over still knows what it has sent. */
async function afterSending(
  turn: Turn,
  intent: Intent,
  made: Partial<Run>,
  save: () => Promise<void>,
): Promise<void> {
  try {
    await save();
  } catch (error) {
    if (error instanceof Overtaken) await undoLateAnswer(turn, intent, made);
    throw error;
  }
}

/** Nobody can be waiting for the answer any more: look for what the try has made. */
async function settle(turn: Turn, program: Program): Promise<"again"> {
  const { run, ctx } = turn;
  const intent = run.intent;
  if (intent === null) return "again";
  const found = await program.creations[intent.kind].find(ctx, run, intent);
  if (intent.kind === "stop-server") await reckonWithLateStop(turn);
  if (found !== null) {
    turn.tell("answer", intent.kind === "stop-server" ? "settled" : "found by its name");
    await turn.save({ ...found, intent: null });
  } else {
    turn.tell("answer", `no answer came, and nothing is named ${intent.name}`);
    await turn.save({ intent: null, lostTries: [...run.lostTries, intent] });
  }
  return "again";
}

/** It may still arrive, sent by a worker that sleeps or kept by the cloud, when the server has long been started again. */
async function reckonWithLateStop({ ctx, run, deps }: Turn): Promise<void> {
  if (run.source === null) return;
  const lateStopUntilMs = deps.now() + LATE_STOP_MS;
  await ctx.changeSource(run.source.id, (s) => ({ ...s, lateStopUntilMs }));
}

/** Weather is a committed wait, never a throw: throws use up a message's receives and end in the dead letters. */
async function weatherOrRefusal(turn: Turn, error: CloudError): Promise<"over" | "again"> {
  const { run, deps } = turn;
  const forward = run.promoted || run.step === "abandon";
  const { code } = error;
  if (error.kind === "refused" && code !== null && code !== "busy" && !forward) {
    return fail(turn, { code, message: error.message, remedy: remedyFor(code) });
  }
  if (run.promoted && deps.now() - run.stepSinceMs >= AFTERWORK_MS) {
    return end(turn, `${run.step} was given up: ${error.message}`, error.message);
  }
  const weather = run.weather + 1;
  const grown = Math.min(300, 5 * 2 ** Math.min(weather - 1, 6));
  const seconds = Math.max(error.retryAfterSeconds ?? 0, grown * (0.5 + deps.ids.random() / 2));
  turn.tell("weather", error.message);
  await turn.saveAndSend({ weather }, deps.now() + Math.ceil(seconds * 1000));
  return "over";
}

/** A list of what was found may be in it. */
const MAX_FAILURE_TEXT = 4_000;

async function fail(turn: Turn, problem: Problem): Promise<"over"> {
  const { run, deps } = turn;
  const proof = [
    ...run.timeline.filter((e) => e.kind === "answer").flatMap((e) => e.calls),
    ...evidence(turn.ctx.calls),
  ];
  const failure: Failure = {
    code: problem.code,
    message: cloudWords(problem.message, MAX_FAILURE_TEXT),
    remedy: cloudWords(problem.remedy, MAX_FAILURE_TEXT),
    step: run.step,
    atMs: deps.now(),
    evidence: proof.slice(-4),
  };
  turn.tell("failure", problem.message);
  const now = deps.now();
  await turn.saveAndSend({ failure, step: "abandon", stepSinceMs: now, weather: 0 }, now);
  return "over";
}
