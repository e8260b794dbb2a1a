import { runKey } from "../../shared/run/run-id.ts";
import { closest } from "../../shared/recipe/did-you-mean.ts";
import { recipeStateOf, lastRunOf, type Records, runOf, runsOfRecipe } from "./read.ts";
import type { RunRecord } from "./run.ts";
import { sees } from "./seen.ts";

/** Nothing, or more than one thing, goes by the name that was given. */
export class NotFound extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = "NotFound";
    this.remedy = remedy;
  }
}

const RUN_ID = /^.+-\d{8}-\d{6}-[0-9a-z]{6}$/;
const LISTED = 10;

/**
 * By its id, a start of it that no other run's has, or the name of its recipe: the active run, else the newest.
 * A run that the reader may not see is answered as one that does not exist.
 * @throws NotFound
 */
export async function findRun(records: Records, name: string): Promise<RunRecord> {
  const { store } = records;
  if (sees(records, name)) {
    const ofRecipe = await lastRunOf(store, name, await recipeStateOf(store, name));
    if (ofRecipe !== null) return ofRecipe;
  }
  if (RUN_ID.test(name) && sees(records, runKey(name).pk.slice("R#".length))) {
    const run = await runOf(store, name);
    if (run !== null) return run;
    if ((await store.get(runKey(name))) !== null) throw unreadable(name);
  }
  const matches = await startingWith(records, name);
  const [only, ...others] = matches;
  if (only === undefined) throw notFound(records, name);
  if (others.length === 0) return only;
  const ids = matches.slice(0, LISTED).map(({ run }) => run.id);
  const more = matches.length > LISTED ? " and more" : "";
  throw new NotFound(
    `Several runs start with ${name}: ${ids.join(", ")}${more}`,
    "Write more of the one that is meant",
  );
}

/** Recipe names may hold hyphens and digits, so every hyphen before a digit may be where the run's part begins. */
async function startingWith(records: Records, name: string): Promise<RunRecord[]> {
  const matches: RunRecord[] = [];
  for (const { index } of name.matchAll(/-(?=\d)/g)) {
    const recipeName = name.slice(0, index);
    if (!sees(records, recipeName)) continue;
    for await (const record of runsOfRecipe(records.store, recipeName, {
      idStart: name.slice(index + 1),
    })) {
      matches.push(record);
      if (matches.length > LISTED) return matches;
    }
  }
  return matches;
}

function unreadable(runId: string): NotFound {
  return new NotFound(
    `The record of ${runId} is of another version of Regild, or damaged: this one cannot read it`,
    "regild retry lists what is known of it. Use the version that wrote it",
  );
}

export function notFound({ recipes }: Records, name: string): NotFound {
  if (recipes.has(name)) {
    return new NotFound(`${name} has no run yet`, `Start one: regild refresh ${name}`);
  }
  const known = [...recipes.keys()];
  const meant = closest(name, known);
  if (meant !== null)
    return new NotFound(`No recipe or run is named ${name}`, `Did you mean ${meant}?`);
  const isShort = known.length > 0 && known.length <= LISTED;
  return new NotFound(
    `No recipe or run is named ${name}`,
    isShort
      ? `The recipes are: ${known.join(", ")}. regild runs lists the runs`
      : "regild status lists the recipes, regild runs the runs",
  );
}
