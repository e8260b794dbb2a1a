import { createHash } from "node:crypto";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import type { Key, Store } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { Records } from "../../local/view/read.ts";
import {
  candidate,
  DAY_MS,
  HOUR_MS,
  image,
  MINUTE_MS,
  NOW_MS,
  recipe,
  recipeState,
  run,
  SERVER,
} from "../cli/records.ts";

/** A data file in memory with recipes that have run every day; each tenth run of each recipe failed. */
export async function filledStore(
  size: { recipes: number; runsEach: number },
  file = ":memory:",
): Promise<Records & { store: SqliteStore }> {
  const store = new SqliteStore(openDatabase(file));
  const recipes = new Map<string, Recipe>();
  const writes: Array<Promise<unknown>> = [];
  for (let index = 0; index < size.recipes; index++) {
    const name = `golden-${String(index).padStart(3, "0")}`;
    recipes.set(name, recipe(name, 'server: web-golden, schedule: [{ cron: "30 2 * * *" }]'));
    const runs = Array.from({ length: size.runsEach }, (_, back) => endedRun(name, back));
    for (const each of runs) writes.push(putRun(store, each));
    writes.push(putWatch(store, recipes.get(name)));
    if (runs.length > 0) writes.push(putState(store, stateOf(name, runs)));
  }
  await Promise.all(writes);
  return { store, recipes, now: () => NOW_MS };
}

/** The run of so many days ago. @param is with `tail`: the first letter of the last part of its id. */
export function endedRun(
  recipeName: string,
  back: number,
  is: { uploadMinutes?: number; isFailed?: boolean; tail?: string } = {},
): Run {
  const startedAtMs = Date.UTC(2026, 10, 23, 2, 30) - back * DAY_MS;
  const day = new Date(startedAtMs).toISOString().slice(0, 10).replaceAll("-", "");
  const askedAtMs = startedAtMs + MINUTE_MS;
  const { uploadMinutes = 8 + ((back * 7) % 5), isFailed = back % 10 === 3 } = is;
  const uploadMs = Math.round(uploadMinutes * MINUTE_MS);
  const step = { kind: "step" as const, count: 1, calls: [] };
  return run({
    id: `${recipeName}-${day}-023000-${is.tail ?? "a"}${String(back).padStart(5, "a")}`,
    recipeName,
    trigger: { kind: "schedule", by: "schedule", id: `t${back}` },
    startedAtMs,
    endedAtMs: askedAtMs + uploadMs + MINUTE_MS,
    outcome: isFailed ? "failed" : "succeeded",
    promoted: !isFailed,
    source: SERVER,
    stoppedAtMs: startedAtMs + 5000,
    restoredAtMs: askedAtMs + MINUTE_MS,
    imageName: `${recipeName}-${day}`,
    candidate: candidate({
      id: imageId(recipeName, back),
      askedAtMs,
      activeAtMs: askedAtMs + uploadMs,
      sizeBytes: 2 * 1024 ** 3 + back * 20 * 1024 ** 2,
    }),
    failure: isFailed
      ? {
          code: "image-vanished",
          message: "The image is not there any more",
          remedy: "Look who deleted it, then: regild refresh",
          step: "check-status",
          atMs: askedAtMs + uploadMs,
          evidence: [],
        }
      : null,
    timeline: [
      { ...step, atMs: startedAtMs + 30_000, step: "prepare-source", text: "server is SHUTOFF" },
      { ...step, atMs: askedAtMs, step: "create-image", text: "image asked for" },
      { ...step, atMs: askedAtMs + uploadMs, step: "check-status", text: "image is active" },
    ],
  });
}

export function imageId(recipeName: string, back: number): string {
  const digest = createHash("sha256").update(`${recipeName} ${back}`).digest("hex");
  return digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}

export function stateOf(recipeName: string, runs: readonly Run[]): RecipeState {
  const [newest] = runs;
  const images = runs.slice(0, 4).map((run, back) =>
    image(imageId(recipeName, back), {
      name: run.imageName ?? "",
      run: run.id,
      state: back === 0 ? "current" : "retired",
      candidateAtMs: run.startedAtMs,
      promotedAtMs: run.endedAtMs,
      retiredAtMs: back === 0 ? null : (run.endedAtMs ?? 0) + DAY_MS,
    }),
  );
  return recipeState({
    recipeName,
    seq: runs.length,
    current: images[0]?.id ?? null,
    shown: images[0]?.id ?? null,
    images,
    uploadSeconds: [540, 600, 480],
    lastRun:
      newest === undefined
        ? null
        : { id: newest.id, outcome: "succeeded", code: null, endedAtMs: NOW_MS - 6 * HOUR_MS },
  });
}

export function putRun(store: Store, run: Run): Promise<unknown> {
  const day = run.endedAtMs === null ? null : new Date(run.endedAtMs).toISOString().slice(0, 10);
  return put(store, runKey(run.id), run, day, run.outcome === null ? run.reconcileAtMs : null);
}

export function putState(store: Store, state: RecipeState): Promise<unknown> {
  return put(store, recipeStateKey(state.recipeName), state, null);
}

/** The check for overdue recipes has known the schedule for long. */
export function putWatch(store: Store, recipe: Recipe | undefined): Promise<unknown> {
  const schedule = JSON.stringify(recipe?.schedule);
  const watch = { schema: 2, schedule, sinceMs: NOW_MS - 100 * DAY_MS, reportedAtMs: null };
  return put(store, { pk: `R#${recipe?.name ?? ""}`, sk: "freshness" }, watch, null);
}

async function put(
  store: Store,
  key: Key,
  doc: unknown,
  day: string | null,
  sweepAtMs: number | null = null,
): Promise<unknown> {
  const item = { key, writeId: "w", sweepAtMs, day, expiresAtMs: null };
  return store.commit({ ...item, doc: JSON.stringify(doc) }, 0);
}
