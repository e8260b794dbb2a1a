import type { RecipeState } from "../image/recipe-state.ts";

/** Runs of one recipe that wait for it. A start beyond that is skipped, and says so. */
export const MAX_QUEUED = 20;
/** A queued run that has not begun by then fails: the runs before it took a week. */
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

/** Without a run that works on the recipe now, or has ended. */
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
