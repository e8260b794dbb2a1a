import type { PausedRecipeView, PauseView } from "../../view/pause.ts";
import { clock } from "./format.ts";

/** `paused until today 14:00 UTC`, `schedule paused`. */
export function pauseStateText({ scope, until }: PauseView, nowMs: number): string {
  const what = scope === "everything" ? "paused" : "schedule paused";
  return until === null ? what : `${what} until ${clock(until, nowMs)}`;
}

/** `web: paused until today 14:00 UTC by anna (cli): moving the storage`. */
export function pauseLine(recipe: string, pause: PauseView, nowMs: number): string {
  const reason = pause.reason === null ? "" : `: ${pause.reason}`;
  return `${recipe}: ${pauseStateText(pause, nowMs)}, by ${pause.by}${reason}`;
}

export function pausedText(
  { recipe, paused, was_paused: wasPaused, next_start_at: next }: PausedRecipeView,
  nowMs: number,
): string {
  if (paused !== null) return pauseLine(recipe, paused, nowMs);
  if (!wasPaused) return `${recipe} is not paused`;
  const start = next === null ? "No schedule starts it" : `Next start ${clock(next, nowMs)}`;
  return `${recipe}: resumed. ${start}`;
}
