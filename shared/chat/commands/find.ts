import { type RecipeState, recipeStateKey, recipeStateSchema } from "../../image/recipe-state.ts";
import type { Store } from "../../ports.ts";
import { type Actor, load, read } from "../../protocol/actor.ts";
import { type Run, runSchema } from "../../run/record.ts";
import { runKey } from "../../run/run-id.ts";

export async function recipeStateOf(store: Store, recipeName: string): Promise<RecipeState | null> {
  return (await load(store, recipeStateKey(recipeName), recipeStateSchema))?.doc ?? null;
}

const RUN_ID = /^(.+)-\d{8}-\d{6}-[0-9a-z]{6}$/;

/** @returns the recipe that a name is about: `web`, or `web` of `web-20261123-093012-k3f9q2`. */
export function recipeIn(name: string, recipeNames: { has(name: string): boolean }): string | null {
  if (recipeNames.has(name)) return name;
  const recipe = RUN_ID.exec(name)?.[1];
  return recipe !== undefined && recipeNames.has(recipe) ? recipe : null;
}

/** By a run's id, or by its recipe: the run at work, else the newest one that did not join another. */
export async function findRun(
  store: Store,
  name: string,
  recipeState: RecipeState | null,
): Promise<Actor<Run> | null> {
  if (RUN_ID.test(name)) return load(store, runKey(name), runSchema);
  if (recipeState !== null && recipeState.activeRun !== null)
    return load(store, runKey(recipeState.activeRun), runSchema);
  const newest = await newestRuns(store, name, NEWEST);
  return newest.find(({ doc }) => doc.outcome !== "joined" && doc.outcome !== "skipped") ?? null;
}

const NEWEST = 10;

/** Newest first. A record of another version of Regild is left out. */
export async function newestRuns(
  store: Store,
  recipeName: string,
  limit: number,
): Promise<Array<Actor<Run>>> {
  const { items } = await store.range(`R#${recipeName}`, "run#", limit);
  return items.flatMap((item) => {
    try {
      return [read(item, runSchema)];
    } catch {
      return [];
    }
  });
}

const AT_ONCE = 25;

/** Asks for many things, some at a time. */
export async function inTurn<T, R>(list: readonly T[], ask: (each: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let from = 0; from < list.length; from += AT_ONCE) {
    answers.push(...(await Promise.all(list.slice(from, from + AT_ONCE).map(ask))));
  }
  return answers;
}
