import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { Store } from "../../shared/ports.ts";
import { runsOfRecipe } from "../view/read.ts";
import { type RunView, stateOf } from "../view/run.ts";

export const RECENT_RUNS = 30;

/** A run as a bar of the strip shows it. */
export interface RecentRun {
  id: string;
  state: RunView["state"];
  startedAtMs: number;
  /** Null: it has not ended. */
  endedAtMs: number | null;
}

interface Known {
  /** Of the recipe's record: another run has started or ended when it changes. */
  mark: string;
  runs: RecentRun[];
}

/** The last runs of recipes, oldest first. An ended run never changes, so each is read once while the host works. */
export class RecentRuns {
  private readonly known = new Map<string, Known>();

  async of(store: Store, recipe: string, recipeState: RecipeState | null): Promise<RecentRun[]> {
    const mark = markOf(recipeState);
    const known = this.known.get(recipe);
    if (known?.mark === mark) return known.runs;
    const runs = await readRuns(store, recipe);
    if (runs.every(({ endedAtMs }) => endedAtMs !== null)) this.known.set(recipe, { mark, runs });
    return runs;
  }
}

function markOf(recipeState: RecipeState | null): string {
  const { seq = 0, activeRun = null, lastRun = null } = recipeState ?? {};
  return JSON.stringify([seq, activeRun, lastRun]);
}

async function readRuns(store: Store, recipe: string): Promise<RecentRun[]> {
  const runs: RecentRun[] = [];
  for await (const record of runsOfRecipe(store, recipe, { pageSize: RECENT_RUNS })) {
    const { id, startedAtMs, endedAtMs, outcome } = record.run;
    if (outcome === "joined" || outcome === "skipped") continue;
    runs.push({ id, state: stateOf(record), startedAtMs, endedAtMs });
    if (runs.length === RECENT_RUNS) break;
  }
  return runs.toReversed();
}
