import type { Problem } from "../context.ts";
import type { Image } from "../cloud-ports.ts";
import { differencesOf } from "./differences.ts";
import type { Approval, Run } from "./record.ts";

/** Least time that a run has after the answer, also if its deadline was near when it asked. */
const AT_LEAST_LEFT_MS = 15 * 60_000;

/** The run has asked, and nobody has answered yet. */
export function isWaitingForApproval({ approval, outcome, failure }: Run): boolean {
  return outcome === null && failure === null && approval !== null && approval.decision === null;
}

/** True if the promotion needs a person's approval and does not have it yet. */
export function needsApproval({ recipe, approval }: Run): boolean {
  return recipe.promote === "approve" && approval?.decision?.kind !== "approved";
}

/**
 * Asks for approval. The deadline stands still until somebody answers or the time to answer is over.
 * @param current the image that the candidate would replace; null: there is none, or the cloud does not have it.
 */
export function askForApproval(
  run: Run,
  { image, current }: { image: Image; current: Image | null },
  nowMs: number,
): Pick<Run, "approval" | "deadlineAtMs"> {
  const leftMs = Math.max(run.deadlineAtMs - nowMs, AT_LEAST_LEFT_MS);
  const untilMs = nowMs + run.recipe.approveWithinMs;
  const approval: Approval = {
    askedAtMs: nowMs,
    untilMs,
    leftMs,
    against: current === null ? null : { id: current.id, name: current.name },
    differences: differencesOf(image, current),
    decision: null,
  };
  return { approval, deadlineAtMs: untilMs + leftMs };
}

/** Why a run fails that nobody answered. */
export function approvalTimedOut(recipeName: string): Problem {
  return {
    code: "approval-timed-out",
    message: "Nobody approved the image in time",
    remedy: `Make a new image: regild refresh ${recipeName}. For more time to answer, raise ${recipeName}.approve_within in recipes.yml`,
  };
}

/** Lets the deadline run again, and has the run reconciled at once. */
export function decided(
  run: Run,
  approval: Approval,
  decision: NonNullable<Approval["decision"]>,
): Run {
  return {
    ...run,
    approval: { ...approval, decision },
    deadlineAtMs: decision.atMs + approval.leftMs,
    reconcileAtMs: decision.atMs,
  };
}
