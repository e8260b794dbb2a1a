import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Store } from "../../../shared/ports.ts";
import { load } from "../../../shared/protocol/actor.ts";
import type { Run } from "../../../shared/run/record.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../../shared/source/item.ts";
import { activeRuns, recipeStateOf, runsOfRecipe } from "../../../local/view/read.ts";

/** Everything the data file says of these recipes. */
export interface Records {
  runs: Run[];
  recipeStates: RecipeState[];
  sources: SourceItem[];
}

export async function readRecords(store: Store, recipes: Iterable<string>): Promise<Records> {
  const runs: Run[] = [];
  const recipeStates: RecipeState[] = [];
  for (const name of recipes) {
    for await (const { run } of runsOfRecipe(store, name)) runs.push(run);
    const recipeState = await recipeStateOf(store, name);
    if (recipeState !== null) recipeStates.push(recipeState);
  }
  const sources: SourceItem[] = [];
  for (const id of new Set(runs.flatMap((run) => run.source?.lockIds ?? []))) {
    const source = (await load(store, sourceKey(id), sourceSchema))?.doc;
    if (source !== undefined) sources.push(source);
  }
  return { runs, recipeStates, sources };
}

export async function runsUnderWay(store: Store): Promise<Run[]> {
  return (await activeRuns(store)).map(({ run }) => run);
}

/** What Regild itself says it has not done yet: one line each. */
export function pending({ runs, recipeStates, sources }: Records): string[] {
  return [
    ...runs
      .filter((run) => run.outcome === null)
      .map((run) => `run ${run.id} has not ended: ${run.step}`),
    ...recipeStates.flatMap((recipeState) => pendingOfRecipe(recipeState)),
    ...sources
      .filter(({ owner }) => owner !== null)
      .map(({ kind, id, owner }) => `${kind} ${id} is locked by ${owner}`),
    ...sources
      .filter(({ wishedPower }) => wishedPower !== null)
      .map(({ kind, id }) => `${kind} ${id} is still to be started`),
  ];
}

/** Attempts that may have left something, each with its next check: one that was checked since has another line. */
export function attemptsWatched({ recipeStates }: Records): string[] {
  return recipeStates.flatMap(({ lateAttempts }) =>
    lateAttempts.map(
      ({ name, nextCheckAtMs }) =>
        `${name} is looked for at ${new Date(nextCheckAtMs).toISOString()}`,
    ),
  );
}

function pendingOfRecipe({
  recipeName,
  activeRun,
  images,
  resources,
  projectAtMs,
}: RecipeState): string[] {
  const settled = ["current", "retired", "gone"];
  return [
    ...(activeRun === null ? [] : [`recipe ${recipeName} is held by ${activeRun}`]),
    ...(projectAtMs === null
      ? []
      : [`recipe ${recipeName} is still to be shown its current image`]),
    ...images
      .filter(({ state }) => !settled.includes(state))
      .map(({ id, state, run }) => `image ${id} of ${run} is ${state} in the inventory`),
    ...resources
      .filter(
        ({ state, imageId }) => state === "deleting" || (state === "kept" && imageId === null),
      )
      .map(({ kind, id, run, state }) => `${kind} ${id} of ${run} is ${state} in the inventory`),
  ];
}
