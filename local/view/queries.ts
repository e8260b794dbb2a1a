import type * as z from "zod/mini";
import { rulesOf } from "../../shared/image/rules.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { DeadLetter } from "../../shared/protocol/dead-letter.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { deadLettersOf } from "./dead-letters.ts";
import type { Store } from "../../shared/ports.ts";
import { sourceProblems } from "../source-problems.ts";
import { SCHEMA } from "./document.ts";
import { findRun, notFound, NotFound } from "./find-run.ts";
import { historyOf, requestsOf, type historyDocument } from "./history.ts";
import { imagesOf, type ImageView, viewImage, viewRules, type imagesDocument } from "./images.ts";
import type { HostView } from "./host.ts";
import {
  activeRuns,
  PAGE,
  recipeStateOf,
  recipeOf,
  type Records,
  runOf,
  runsOfAll,
  runsOfRecipe,
  runReportOf,
} from "./read.ts";
import { type RunRecord, type runsDocument, type RunView, stateOf, viewRun } from "./run.ts";
import { runsOfSome } from "./runs-of-some.ts";
import { sees, stateSeen } from "./seen.ts";
import { type statusDocument, viewRecipe } from "./status.ts";
import { type runDocument, type runReportsDocument, viewRunReport } from "./run-report.ts";
import { zoneMatrix } from "./zone-matrix.ts";

/** What `regild status`, `runs` and `images` show, and the HTTP server answers. */

export interface PageRequest {
  limit: number;
  /** The `next` of the page before. */
  after: string | null;
}

/** Of the runs to list; without a field, of all. */
export interface RunFilter {
  states?: readonly RunView["state"][];
  startedFromMs?: number;
  /** So many runs are read for one page, which may then have fewer than it could and still a next one. Without: all. */
  readAtMost?: number;
}

export async function statusOf(records: Records): Promise<z.infer<typeof statusDocument>> {
  const host = await hostOf(records);
  const problems = await sourceProblems(records.store);
  const recipes = [];
  for (const recipe of records.recipes.values()) {
    recipes.push(viewRecipe(await recipeOf(records, recipe, problems), records.now(), host));
  }
  const deadLetters = await deadLettersOf(records.store, records.now());
  const stuck = deadLetters.filter(
    ({ standing, deadLetter }) => standing === "stuck" && seesDeadLetter(records, deadLetter),
  );
  return {
    schema: SCHEMA,
    recipes,
    stuck_dead_letters: stuck.length,
    host,
    runs_under_way: host === null ? null : (await activeRunsSeen(records)).length,
    next: null,
  };
}

async function activeRunsSeen(records: Records): Promise<RunRecord[]> {
  const active = await activeRuns(records.store);
  return active.filter(({ run }) => sees(records, run.recipeName));
}

/** One about a server or volume may be of any recipe. */
function seesDeadLetter(records: Records, { kind, id }: DeadLetter): boolean {
  if (records.only === undefined) return true;
  if (kind === "recipe") return sees(records, id);
  return kind === "run" && sees(records, runKey(id).pk.slice("R#".length));
}

export async function runNamed(
  records: Records,
  name: string,
): Promise<z.infer<typeof runDocument>> {
  const report = await runReportOf(records.store, await findRun(records, name));
  return { schema: SCHEMA, run: viewRunReport(report, records.now(), await hostOf(records)) };
}

/** @param ids of runs that are there. */
export async function runReportsOf(
  records: Records,
  ids: readonly string[],
): Promise<z.infer<typeof runReportsDocument>> {
  const runs = [];
  for (const id of ids) runs.push((await runNamed(records, id)).run);
  return { schema: SCHEMA, runs, next: null };
}

/** @param recipeName null: of all recipes, those at work first. */
export async function runsPage(
  records: Records,
  recipeName: string | null,
  page: PageRequest,
  { states, startedFromMs = 0, readAtMost = Number.POSITIVE_INFINITY }: RunFilter = {},
): Promise<z.infer<typeof runsDocument>> {
  const { store, now } = records;
  if (recipeName !== null && !sees(records, recipeName)) throw notFound(records, recipeName);
  const from = recipeName === null ? null : await cursorOf(store, recipeName, page.after);
  const all =
    recipeName === null
      ? runsSeen(records, Math.min(PAGE, page.limit + 1))
      : runsOfRecipe(store, recipeName, { after: from });
  const { rows, next } = await take(
    all,
    ({ run }) => run.id,
    from === null ? page : { ...page, after: null },
    (record) =>
      record.run.startedAtMs >= startedFromMs && (states?.includes(stateOf(record)) ?? true),
    readAtMost,
  );
  if (
    recipeName !== null &&
    rows.length === 0 &&
    (await recipeStateOf(store, recipeName)) === null
  ) {
    refuseUnknown(records, recipeName);
  }
  const host = await hostOf(records);
  const runs = [];
  for (const record of rows) {
    const active = record.run.outcome === null;
    const recipeState = active ? await recipeStateOf(store, record.run.recipeName) : null;
    runs.push(viewRun(record, recipeState, now(), host));
  }
  return { schema: SCHEMA, runs, next };
}

/** Of all recipes that the reader may see. */
function runsSeen(records: Records, pageSize: number) {
  const { only, store } = records;
  return only === undefined ? runsOfAll(records, pageSize) : runsOfSome(store, only, pageSize);
}

/** Where the store goes on after that run; null: from the first, as no run of the recipe has this id. */
async function cursorOf(
  store: Store,
  recipeName: string,
  after: string | null,
): Promise<string | null> {
  if (after?.startsWith(`${recipeName}-`) !== true) return null;
  const key = { pk: `R#${recipeName}`, sk: `run#${after.slice(recipeName.length + 1)}` };
  return (await store.get(key)) === null ? null : key.sk;
}

export async function imagesPage(
  records: Records,
  recipeName: string,
  page: PageRequest,
): Promise<z.infer<typeof imagesDocument>> {
  const recipeState = await stateSeen(records, recipeName);
  if (recipeState === null) {
    refuseUnknown(records, recipeName);
    const none = {
      rules: null,
      applied_rules: null,
      images: [],
      members: [],
      by_zone: null,
      next: null,
    };
    return { schema: SCHEMA, recipe: recipeName, ...none };
  }
  const { rows, next } = await take(imagesOf(recipeState), ({ id }) => id, page);
  const recipe = records.recipes.get(recipeName);
  const rules =
    recipe === undefined || recipeState.rules === null ? recipeState.rules : rulesOf(recipe);
  const images = [];
  for (const image of rows) {
    const record = await runOf(records.store, image.run);
    images.push(viewImage(recipeState, image, record?.run ?? null, rules, records.now()));
  }
  return {
    schema: SCHEMA,
    recipe: recipeName,
    rules: viewRules(rules),
    applied_rules: viewRules(recipeState.rules),
    images,
    members: viewMembers(recipeState),
    by_zone: byZone(images),
    next,
  };
}

function viewMembers({
  sharing,
  seenMembers,
}: RecipeState): z.infer<typeof imagesDocument>["members"] {
  return sharing.members.map(({ project }) => {
    const seen = seenMembers.find((member) => member.project === project);
    return { project, status: seen?.status ?? null, problem: seen?.why ?? null };
  });
}

function byZone(images: readonly ImageView[]): z.infer<typeof imagesDocument>["by_zone"] {
  const matrix = zoneMatrix(images);
  if (matrix === null) return null;
  const rows = matrix.rows.map(({ image, cells }) => ({ image: image.id, cells }));
  return { zones: matrix.zones, rows };
}

export async function historyPage(
  records: Records,
  recipeName: string,
  page: PageRequest,
): Promise<z.infer<typeof historyDocument>> {
  const recipeState = await stateSeen(records, recipeName);
  if (recipeState === null) {
    refuseUnknown(records, recipeName);
    return { schema: SCHEMA, recipe: recipeName, requests: [], events: [], next: null };
  }
  const { rows, next } = await take(historyOf(recipeState), ({ id }) => id, page);
  const requests = requestsOf(recipeState);
  return { schema: SCHEMA, recipe: recipeName, requests, events: rows, next };
}

/** @throws NotFound: no such recipe, or it has no image yet. */
export async function headNamed(records: Records, recipeName: string): Promise<RecipeState> {
  const recipeState = await stateSeen(records, recipeName);
  if (recipeState !== null) return recipeState;
  throw notFound(records, recipeName);
}

/** The recipe that an image, by id or name, was made for. @param recipeName null: any in recipes.yml. */
export async function headOfImage(
  records: Records,
  image: string,
  recipeName: string | null,
): Promise<RecipeState> {
  if (recipeName !== null) return headNamed(records, recipeName);
  const recipeStates: RecipeState[] = [];
  for (const name of records.recipes.keys()) {
    const recipeState = await recipeStateOf(records.store, name);
    if (recipeState?.images.some(({ id, name }) => id === image || name === image) === true)
      recipeStates.push(recipeState);
  }
  const [only, ...others] = recipeStates;
  if (only !== undefined && others.length === 0) return only;
  throw only === undefined
    ? new NotFound(
        `No recipe in recipes.yml has an image ${image}`,
        records.recipes.has(image)
          ? `${image} is a recipe. regild images ${image} lists its images`
          : "regild images RECIPE lists them. For a recipe that is not in recipes.yml any more: --recipe RECIPE",
      )
    : new NotFound(
        `Several recipes have an image ${image}: ${recipeStates.map((h) => h.recipeName).join(", ")}`,
        "Write the id, or --recipe RECIPE",
      );
}

/** What is wrong with recipes.yml names other recipes too. */
export async function hostOf({ host, only }: Records): Promise<HostView | null> {
  const view = host === undefined ? null : await host();
  if (view === null || view.recipes === null || only === undefined) return view;
  return { ...view, recipes: { ...view.recipes, message: null, problems: [] } };
}

/** An empty list of a recipe is an answer; one of a misspelt name is none. */
function refuseUnknown(records: Records, recipeName: string): void {
  if (!records.recipes.has(recipeName)) throw notFound(records, recipeName);
}

async function take<Row>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  idOf: (row: Row) => string,
  { limit, after }: PageRequest,
  isWanted: (row: Row) => boolean = () => true,
  readAtMost = Number.POSITIVE_INFINITY,
): Promise<{ rows: Row[]; next: string | null }> {
  const taken: Row[] = [];
  let read = 0;
  let isBefore = after !== null;
  for await (const row of rows) {
    if (isBefore) {
      isBefore = idOf(row) !== after;
      continue;
    }
    if (isWanted(row)) {
      const last = taken.at(-1);
      if (taken.length === limit && last !== undefined) return { rows: taken, next: idOf(last) };
      taken.push(row);
    }
    if (++read === readAtMost) return { rows: taken, next: idOf(row) };
  }
  if (isBefore)
    throw new NotFound(
      `--after: nothing in the list is called "${after ?? ""}"`,
      'Use the "next" value of the previous page',
    );
  return { rows: taken, next: null };
}
