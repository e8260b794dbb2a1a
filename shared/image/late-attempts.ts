import type { LateAttempt, RecipeState } from "./recipe-state.ts";

/** Has the inventory look for the results of these attempts until `untilMs`, and mark for deletion what it finds. */
export function awaitLateAttempts(
  recipeState: RecipeState,
  attempts: LateAttempt[],
): RecipeState | null {
  const fresh = attempts.filter(
    (t) => !recipeState.lateAttempts.some((known) => known.attemptId === t.attemptId),
  );
  return fresh.length === 0
    ? null
    : { ...recipeState, lateAttempts: [...recipeState.lateAttempts, ...fresh] };
}
