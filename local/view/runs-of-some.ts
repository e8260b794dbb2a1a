import type { Store } from "../../shared/ports.ts";
import { runsOfRecipe } from "./read.ts";
import type { RunRecord } from "./run.ts";

/** Runs of these recipes together, newest first: each recipe's own list is read as far as needed. */
export async function* runsOfSome(
  store: Store,
  recipeNames: readonly string[],
  pageSize: number,
): AsyncGenerator<RunRecord> {
  const lists = [...new Set(recipeNames)].map((name) => runsOfRecipe(store, name, { pageSize }));
  const first = await Promise.all(lists.map(async (list) => ({ list, run: await nextOf(list) })));
  const waiting = first.flatMap(({ list, run }) => (run === null ? [] : [{ list, run }]));
  for (;;) {
    const newest = waiting.toSorted((a, b) => b.run.run.startedAtMs - a.run.run.startedAtMs)[0];
    if (newest === undefined) return;
    yield newest.run;
    const run = await nextOf(newest.list);
    if (run === null) waiting.splice(waiting.indexOf(newest), 1);
    else newest.run = run;
  }
}

async function nextOf(list: AsyncGenerator<RunRecord>): Promise<RunRecord | null> {
  const next = await list.next();
  return next.done === true ? null : next.value;
}
