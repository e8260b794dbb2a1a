import { GRACE_MS } from "../../shared/bounds.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import type { Item, Page, Store } from "../../shared/ports.ts";
import { load, read } from "../../shared/protocol/actor.ts";
import {
  decideOverdue,
  type FreshnessRecords,
  readFreshness,
} from "../../shared/protocol/overdue.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { hookDeliverySchema, hookKey, isWaitingForHook } from "../../shared/run/hook.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { problemOf, type SourceProblem, sourceProblems } from "../source-problems.ts";
import type { HostView } from "./host.ts";
import { serversLeftOff } from "./left-off.ts";
import type { RecipeMemory } from "./recipe-memory.ts";
import type { RunRecord } from "./run.ts";
import type { RecipeRecord } from "./status.ts";
import type { RunReportRecord } from "./run-report.ts";

/** What there is to know, for the commands and the HTTP server alike. Reads only. */
export interface Records {
  store: Store;
  recipes: ReadonlyMap<string, Recipe>;
  /** Names of the recipes that the reader may see, also of those without a recipe any more. Absent: all. */
  only?: readonly string[];
  now: () => number;
  /** Who does the work; absent on AWS, where its schedules and queues call the functions. */
  host?: () => Promise<HostView>;
  /** Of a process that answers again and again; absent: every answer reads the store. */
  memory?: RecipeMemory;
}

/** The records that the status of a recipe is made of. */
export interface RecipeRead extends FreshnessRecords {
  lastRun: RunRecord | null;
}

const DAY_MS = 24 * 3_600_000;
/** The list over all recipes goes so far back; one recipe's own list goes back to its first run. */
const DAYS_BACK = 90;
/** Days asked for at once: on AWS each is a call, and most have no run or few. The first ones mostly have enough. */
const DAYS_AT_ONCE = 15;
export const PAGE = 100;
/** Where one run is looked for, and it is nearly always the newest. */
const FIRST_PAGE = 1;
const FEW = 5;
const MAX_ACTIVE = 100_000;

export async function recipeStateOf(store: Store, recipeName: string): Promise<RecipeState | null> {
  return (await load(store, recipeStateKey(recipeName), recipeStateSchema))?.doc ?? null;
}

export async function runOf(store: Store, runId: string): Promise<RunRecord | null> {
  const item = await store.get(runKey(runId));
  return item === null ? null : readable(item);
}

export async function runReportOf(store: Store, record: RunRecord): Promise<RunReportRecord> {
  const sources: SourceItem[] = [];
  for (const id of record.run.source?.lockIds ?? []) {
    const source = await load(store, sourceKey(id), sourceSchema);
    if (source !== null) sources.push(source.doc);
  }
  const recipeState = await recipeStateOf(store, record.run.recipeName);
  return { ...record, recipeState, sources, hookProblem: await hookProblemOf(store, record.run) };
}

async function hookProblemOf(store: Store, run: Run): Promise<string | null> {
  if (!isWaitingForHook(run)) return null;
  const asked = await load(store, hookKey(run.id, run.attempt), hookDeliverySchema);
  return asked === null || asked.doc.takenAtMs !== null ? null : asked.doc.problem;
}

/** @param problems of all recipes, for whoever reads more than one. Null: they are read. */
export async function recipeOf(
  records: Records,
  recipe: Recipe,
  problems: readonly SourceProblem[] | null = null,
): Promise<RecipeRecord> {
  const read = await readRecipe(records, recipe.name);
  const recipeState = read.recipeState?.doc ?? null;
  const { lastRun } = read;
  return {
    recipe,
    recipeState,
    serversLeftOff: await serversLeftOff(records.store, lastRun, () =>
      runsOfRecipe(records.store, recipe.name, { pageSize: FEW }),
    ),
    assessed: decideOverdue(recipe, read, { graceMs: GRACE_MS, nowMs: records.now() }),
    lastRun,
    sourceProblem: problemOf(problems ?? (await sourceProblems(records.store)), recipe),
  };
}

export function readRecipe({ store, memory }: Records, recipeName: string): Promise<RecipeRead> {
  const read = async (): Promise<RecipeRead> => {
    const freshness = await readFreshness(store, recipeName);
    const recipeState = freshness.recipeState?.doc ?? null;
    return { ...freshness, lastRun: await lastRunOf(store, recipeName, recipeState) };
  };
  return memory === undefined ? read() : memory.of(recipeName, read);
}

/** The run that works for a recipe, else its newest. One that joined another is told of by that one. */
export async function lastRunOf(
  store: Store,
  recipeName: string,
  recipeState: RecipeState | null,
): Promise<RunRecord | null> {
  if (recipeState !== null && recipeState.activeRun !== null)
    return runOf(store, recipeState.activeRun);
  for await (const record of runsOfRecipe(store, recipeName, { pageSize: FIRST_PAGE })) {
    if (record.run.outcome !== "joined" && record.run.outcome !== "skipped") return record;
  }
  return null;
}

/** Newest first. @param is `after`: a sort key, to begin with the run before it. */
export function runsOfRecipe(
  store: Store,
  recipeName: string,
  is: { idStart?: string; pageSize?: number; after?: string | null } = {},
): AsyncGenerator<RunRecord> {
  const { idStart = "", pageSize = PAGE, after = null } = is;
  return every((cursor) =>
    store.range(`R#${recipeName}`, `run#${idStart}`, pageSize, cursor ?? after),
  );
}

export async function activeRuns(store: Store): Promise<RunRecord[]> {
  const shards = Array.from({ length: store.shards }, (_, shard) =>
    store.due(shard, Number.MAX_SAFE_INTEGER, MAX_ACTIVE),
  );
  const active: RunRecord[] = [];
  for (const { key } of (await Promise.all(shards)).flat()) {
    if (!key.sk.startsWith("run#")) continue;
    const item = await store.get(key);
    const record = item === null ? null : readable(item);
    if (record !== null && record.run.outcome === null) active.push(record);
  }
  return active;
}

/** Those at work first, then the ended ones day by day; newest first. @param pageSize as many as are likely wanted. */
export async function* runsOfAll(
  { store, now }: Records,
  pageSize = PAGE,
): AsyncGenerator<RunRecord> {
  const active = await activeRuns(store);
  yield* active.toSorted((a, b) => b.run.startedAtMs - a.run.startedAtMs);
  let atOnce = 1;
  for (
    let back = 0;
    back < DAYS_BACK;
    back += atOnce, atOnce = Math.min(atOnce * 2, DAYS_AT_ONCE)
  ) {
    const days = Array.from({ length: atOnce }, (_, index) =>
      new Date(now() - (back + index) * DAY_MS).toISOString().slice(0, 10),
    );
    const firstPages = await Promise.all(days.map((day) => store.ended(day, pageSize)));
    for (const [index, day] of days.entries()) {
      const first = firstPages[index];
      yield* every(async (cursor) =>
        cursor === null && first !== undefined ? first : store.ended(day, pageSize, cursor),
      );
    }
  }
}

async function* every(
  page: (cursor: string | null) => Promise<Page<Item>>,
): AsyncGenerator<RunRecord> {
  let cursor: string | null = null;
  do {
    const { items, cursor: next }: Page<Item> = await page(cursor);
    for (const item of items) {
      const record = readable(item);
      if (record !== null) yield record;
    }
    cursor = next;
  } while (cursor !== null);
}

/**
 * Null: the record is of another version of Regild, or damaged. It hides nothing else from the lists; its messages end
 * as dead letters, which tell of it.
 */
function readable(item: Item): RunRecord | null {
  try {
    const { doc, cancelAtMs } = read(item, runSchema);
    return { run: doc, cancelAtMs };
  } catch {
    return null;
  }
}
