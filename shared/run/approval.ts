import type { Image } from "../cloud-ports.ts";
import { differencesOf } from "./differences.ts";
import type { Approval, Run } from "./record.ts";

/** A run that was nearly out of time when it asked has at least so long after the answer. */
const AT_LEAST_LEFT_MS = 15 * 60_000;

/** The run has asked, and nobody has answered yet. */
export function isWaitingForApproval({ approval, outcome, failure }: Run): boolean {
  return outcome === null && failure === null && approval !== null && approval.decision === null;
}

/** The promotion needs a person's yes, which is not there. */
export function needsApproval({ recipe, approval }: Run): boolean {
  return recipe.promote === "approve" && approval?.decision?.kind !== "approved";
}

/**
 * The run asks: from now on its deadline stands still, until somebody answers or the time to answer is over.
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

/** The deadline runs again. The run is to be reconciled at once. */
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
