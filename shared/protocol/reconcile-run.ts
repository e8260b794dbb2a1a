import { CloudError } from "../openstack/errors.ts";
import type { Image } from "../cloud-ports.ts";
import { approvalTimedOut, isWaitingForApproval } from "../run/approval.ts";
import type { Run } from "../run/record.ts";
import type { Actor } from "./actor.ts";
import { cancelOf, whileIn } from "./cancel.ts";
import { giveUp, intend, repeat, resolveIntent } from "./create.ts";
import { end, join, skip } from "./end.ts";
import { isHeld, resolvableAtMs } from "../run/intent.ts";
import { isWaitingForHook } from "../run/hook.ts";
import type { StepName } from "../run/step-names.ts";
import { isWaitingForRoom } from "../run/uploads.ts";
import { leaveRoom } from "./room.ts";
import type { Problem } from "../context.ts";
import { fail, retryOrFail } from "./setback.ts";
import type { Deps, StepResult, Program } from "./step.ts";
import { Overtaken, Session } from "./session.ts";

/** Rounds of one invocation. A run that needs more continues with its next message. */
const MAX_ROUNDS = 20;
const OUT_OF_TIME = "its run had no time left";

/**
 * Reconciles a run: observes, decides, acts and commits, until the run waits, ends, or continues in another step's
 * function. If two workers do so at once with the same version, one of them is overtaken at its first commit.
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
  if (run.intent !== null && isHeld(run.intent, deps.now(), deps.timing)) {
    return session.hop(resolvableAtMs(run.intent, deps.timing));
  }
  const overdue = deps.now() >= run.deadlineAtMs + deps.timing.graceMs;
  const isResting = isWaitingForApproval(run) || isWaitingForRoom(run) || isWaitingForHook(run);
  const isEarly = deps.now() < run.reconcileAtMs && !isResting;
  if (isEarly && !session.cancelled && !overdue) {
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
    // If the cloud does not answer, the run ends all the same: the inventory keeps looking for the create's result.
    const interruption = await interrupt(session, now >= run.deadlineAtMs);
    if (run.intent !== null && !isOver) {
      if (!run.intent.isRepeatable) return await resolveIntent(session, program);
      if (interruption === null) return await repeat(session, program);
      await giveUp(session);
    }
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
  // A cloud that does not answer keeps the step from saying so.
  if (isWaitingForApproval(run)) return approvalTimedOut(run.recipeName);
  const seen = run.timeline.findLast((e) => e.step === run.step)?.text;
  return {
    code: "deadline-passed",
    message: `Not done within the deadline: still in ${run.step}${seen === undefined ? "" : `, ${seen}`}`,
    remedy: `If this source needs longer, raise ${run.recipeName}.deadline in recipes.yml. If the upload stood still, give the request ids to the cloud's operator`,
  };
}

/** Once the image is usable in every zone, another run may upload: a test boot and an approval need no place. */
async function afterStep({ ctx, run }: Session, to: StepName): Promise<Partial<Run>> {
  if (!run.hasRoom || run.step !== "validate-sync" || to === run.step) return {};
  await leaveRoom(ctx, run);
  return { hasRoom: false };
}

/** An answer may be lost, so an act may be done twice. One that is done more often is in vain, and rests before the next try. */
const ANSWERS_LOST = 2;

function restSeconds(session: Session, act: string): number {
  return Math.min(120, Math.max(0, session.timesDone(act) - ANSWERS_LOST) * 3);
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
        {
          transientFailures: 0,
          ...result.set,
          ...(await afterStep(session, result.to)),
          step: result.to,
          stepSinceMs: now,
        },
        now + (result.afterSeconds ?? 0) * 1000,
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
    case "rest":
      session.record("observation", result.text);
      await session.rest(result.untilMs);
      return "over";
    case "act": {
      await result.perform();
      session.record("act", result.text);
      const waitSeconds = result.thenWaitSeconds || restSeconds(session, result.text);
      if (waitSeconds > 0) {
        await session.saveAndSend(
          { transientFailures: 0, ...result.set },
          now + waitSeconds * 1000,
        );
        return "over";
      }
      if (Object.keys(result.set).length > 0) await session.save(result.set);
      return "again";
    }
    case "intend":
      return intend(session, program, result);
    case "fail":
      return fail(session, result);
    case "end":
      return end(session, result.text, result.kept);
    case "join":
      return join(session, result.runId);
    case "skip":
      return skip(session, result);
  }
}
