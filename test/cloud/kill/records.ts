import type { Head } from "../../../shared/image/head.ts";
import type { Store } from "../../../shared/ports.ts";
import { load } from "../../../shared/protocol/actor.ts";
import type { Run } from "../../../shared/run/record.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../../shared/source/item.ts";
import { activeRuns, headOf, runsOfRecipe } from "../../../local/view/read.ts";

/** Everything the data file says of these recipes. */
export interface Records {
  runs: Run[];
  heads: Head[];
  sources: SourceItem[];
}

export async function readRecords(store: Store, recipes: Iterable<string>): Promise<Records> {
  const runs: Run[] = [];
  const heads: Head[] = [];
  for (const name of recipes) {
    for await (const { run } of runsOfRecipe(store, name)) runs.push(run);
    const head = await headOf(store, name);
    if (head !== null) heads.push(head);
  }
  const sources: SourceItem[] = [];
  for (const id of new Set(runs.flatMap((run) => run.source?.lockIds ?? []))) {
    const source = (await load(store, sourceKey(id), sourceSchema))?.doc;
    if (source !== undefined) sources.push(source);
  }
  return { runs, heads, sources };
}

export async function runsUnderWay(store: Store): Promise<Run[]> {
  return (await activeRuns(store)).map(({ run }) => run);
}

/** What Regild itself says it has not done yet: one line each. */
export function owed({ runs, heads, sources }: Records): string[] {
  return [
    ...runs
      .filter((run) => run.outcome === null)
      .map((run) => `run ${run.id} has not ended: ${run.step}`),
    ...heads.flatMap((head) => owedByHead(head)),
    ...sources
      .filter(({ owner }) => owner !== null)
      .map(({ kind, id, owner }) => `${kind} ${id} is locked by ${owner}`),
    ...sources
      .filter(({ wishedPower }) => wishedPower !== null)
      .map(({ kind, id }) => `${kind} ${id} is still to be started`),
  ];
}

function owedByHead({ recipeName, activeRun, images, parts, projectAtMs }: Head): string[] {
  const settled = ["current", "retired", "gone"];
  return [
    ...(activeRun === null ? [] : [`recipe ${recipeName} is held by ${activeRun}`]),
    ...(projectAtMs === null
      ? []
      : [`recipe ${recipeName} is still to be shown its current image`]),
    ...images
      .filter(({ state }) => !settled.includes(state))
      .map(({ id, state, run }) => `image ${id} of ${run} is ${state} in the ledger`),
    ...parts
      .filter(({ state, imageId }) => state === "doomed" || (state === "kept" && imageId === null))
      .map(({ kind, id, run, state }) => `${kind} ${id} of ${run} is ${state} in the ledger`),
  ];
}
