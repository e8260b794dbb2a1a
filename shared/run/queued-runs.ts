import type { RecipeState } from "../image/recipe-state.ts";

/** Most runs of one recipe that wait. A further start is skipped, and its run says so. */
export const MAX_QUEUED = 20;
/** A queued run that has not begun after this time fails. */
export const QUEUED_MS = 7 * 24 * 3_600_000;

type Queue = RecipeState["queuedRuns"];

/** Adds a run in the order of the starts. Null: it is queued already, or the queue is full. */
export function enqueue(
  recipeState: RecipeState,
  run: Queue[number],
  ended: readonly string[],
): RecipeState | null {
  const others = recipeState.queuedRuns.filter(({ id }) => !ended.includes(id));
  if (others.length >= MAX_QUEUED || others.some(({ id }) => id === run.id)) return null;
  const queuedRuns = [...others, run].toSorted(
    (a, b) => a.startedAtMs - b.startedAtMs || a.id.localeCompare(b.id),
  );
  return { ...recipeState, queuedRuns };
}

/** Removes runs from the queue that are active now or have ended. */
export function dequeue(recipeState: RecipeState, gone: readonly string[]): RecipeState {
  const queuedRuns = recipeState.queuedRuns.filter(({ id }) => !gone.includes(id));
  return queuedRuns.length === recipeState.queuedRuns.length
    ? recipeState
    : { ...recipeState, queuedRuns };
}

/** Runs that come before this one: all of them for a run that is not queued itself. */
export function queuedBefore({ queuedRuns }: RecipeState, runId: string): Queue {
  const place = queuedRuns.findIndex(({ id }) => id === runId);
  return place === -1 ? queuedRuns : queuedRuns.slice(0, place);
}
