import { cloudWords } from "../plain-text.ts";
import type { Pause, RecipeState } from "./recipe-state.ts";

/** @returns null: the recipe is not paused at this time. */
export function pauseAt({ pause }: Pick<RecipeState, "pause">, nowMs: number): Pause | null {
  return pause !== null && nowMs < endOf(pause) ? pause : null;
}

/** A pause that lets nothing start and no retired image go. Null: there is none. */
export function wholePauseAt(recipeState: Pick<RecipeState, "pause">, nowMs: number): Pause | null {
  const pause = pauseAt(recipeState, nowMs);
  return pause?.scope === "everything" ? pause : null;
}

/** A start by schedule that fell into a pause is not made up for, also if the host sees it later. */
export function isInPause({ pause }: Pick<RecipeState, "pause">, dueAtMs: number): boolean {
  return pause !== null && pause.atMs <= dueAtMs && dueAtMs < endOf(pause);
}

/** Until when no retired image may go, as far as the record says. In the past: a pause that is over, or none. */
export function heldUntilMs({ pause }: Pick<RecipeState, "pause">): number {
  return pause?.scope === "everything" ? endOf(pause) : 0;
}

/** When the last pause ended. Null: there was none, or it lasts. */
export function pauseEndedAtMs(
  { pause }: Pick<RecipeState, "pause">,
  nowMs: number,
): number | null {
  return pause === null || nowMs < endOf(pause) ? null : endOf(pause);
}

/** `paused by anna (cli) until 2026-11-23T12:00Z: moving the storage`. */
export function pauseText({ scope, by, reason, untilMs }: Pause): string {
  const what = scope === "everything" ? "paused" : "schedule paused";
  const until = untilMs === null ? "" : ` until ${minuteOf(untilMs)}`;
  return `${what} by ${by}${until}${reason === null ? "" : `: ${cloudWords(reason, 200)}`}`;
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

export function paused(
  recipeState: RecipeState,
  { by, reason, untilMs }: { by: string; reason: string; untilMs: number | null },
  nowMs: number,
): RecipeState {
  const pause: Pause = {
    scope: "everything",
    by,
    reason,
    atMs: nowMs,
    untilMs,
    resumedBy: null,
  };
  return { ...recipeState, pause };
}

/** The count of failures begins anew. Null: the recipe is not paused. */
export function resumed(recipeState: RecipeState, by: string, nowMs: number): RecipeState | null {
  const pause = pauseAt(recipeState, nowMs);
  if (pause === null) return null;
  const ended = { ...pause, untilMs: Math.max(nowMs, pause.atMs), resumedBy: by };
  return { ...recipeState, pause: ended, failuresInRow: 0, retryAtMs: null };
}

/**
 * The pause after a run has ended: so many failures in a row pause the schedule, and a success resumes it. A person's
 * pause stays as it is.
 */
export function pauseAfterRun(
  recipeState: RecipeState,
  run: { id: string; limit: number; isScheduled: boolean },
  nowMs: number,
): Pause | null {
  const { pause, failuresInRow, lastRun } = recipeState;
  const active = pauseAt(recipeState, nowMs);
  if (active !== null) {
    const isOver = active.scope === "schedule" && lastRun?.outcome === "succeeded";
    return isOver ? { ...active, untilMs: nowMs, resumedBy: run.id } : active;
  }
  if (!run.isScheduled || run.limit === 0 || failuresInRow < run.limit) return pause;
  if (lastRun?.outcome !== "failed") return pause;
  return {
    scope: "schedule",
    by: "regild",
    reason: `${failuresInRow} runs in a row failed, the last with ${lastRun.code ?? "no code"}`,
    atMs: nowMs,
    untilMs: null,
    resumedBy: null,
  };
}

function endOf({ untilMs }: Pause): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}
