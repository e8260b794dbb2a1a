import {
  emptyRecipeState,
  type RecipeState,
  type InventoryImage,
} from "../../shared/image/recipe-state.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { randomIds } from "../../local/ids.ts";
import { runOf } from "../../local/view/read.ts";
import { start } from "../../shared/protocol/start.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The time in every one of these tests: Monday, 2026-11-23 09:34 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 23, 9, 34);

/** @param fields YAML of a recipe, on one line. */
export function recipe(name: string, fields: string): Recipe {
  const read = loadRecipes(`recipes: { ${name}: { cloud: mycloud, ${fields} } }`, "recipes.yml");
  const found = "recipes" in read ? read.recipes.get(name) : undefined;
  if (found === undefined) throw new Error(JSON.stringify(read));
  return found;
}

export const WEB = recipe("web", 'server: web-golden, schedule: [{ cron: "30 2 * * *" }]');

/** As a run is when it has just been started. */
const BORN = await bornRun();

async function bornRun(): Promise<Run> {
  const db = openDatabase(":memory:");
  const [store, now] = [new SqliteStore(db), () => NOW_MS - 4 * MINUTE_MS];
  const deps = { store, queue: new SqliteQueue(db, now), ids: randomIds, now };
  const trigger = { kind: "command", by: "anna (cli)", id: "t1" } as const;
  const id = await start(deps, "home12home12", WEB, trigger);
  const born = await runOf(store, id);
  db.close();
  if (born === null) throw new Error(`${id} has no record`);
  return born.run;
}

export function run(fields: Partial<Run> = {}): Run {
  return { ...BORN, id: "web-20261123-093000-k3f9q2", ...fields };
}

export const SERVER: NonNullable<Run["source"]> = {
  kind: "server",
  id: "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3",
  name: "web-golden",
  projectId: "golden",
  volumeId: null,
  lockIds: ["7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3"],
  volumeBacked: false,
  availabilityZone: null,
  disks: [],
  servers: [],
  bootImageId: null,
  inherited: {},
};

export function candidate(
  fields: Partial<NonNullable<Run["candidate"]>> = {},
): NonNullable<Run["candidate"]> {
  return {
    id: "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77",
    attemptId: "k3f9q2",
    creationName: "web-20261123-k3f9q2",
    askedAtMs: NOW_MS - 3 * MINUTE_MS,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: true,
    ...fields,
  };
}

export function image(id: string, fields: Partial<InventoryImage> = {}): InventoryImage {
  return {
    id,
    name: `web-${id}`,
    run: "web-20261122-023000-aaaaaa",
    attemptId: "aaaaaa",
    where: { cloud: "mycloud", region: null, projectId: "golden", sourceId: SERVER.id },
    zones: [],
    availabilityZone: null,
    version: null,
    device: null,
    backup: null,
    state: "retired",
    sizeBytes: null,
    candidateAtMs: NOW_MS - DAY_MS,
    promotedAtMs: NOW_MS - DAY_MS,
    retiredAtMs: null,
    deletingSinceMs: null,
    goneAtMs: null,
    deletedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    reason: null,
    kept: null,
    replaces: null,
    rolledBackAtMs: null,
    currentAgainAtMs: null,
    revoked: null,
    pinned: null,
    adopted: null,
    provenance: null,
    sharedWith: [],
    protection: null,
    ...fields,
  };
}

export function recipeState(fields: Partial<RecipeState> = {}): RecipeState {
  const rules = { keep: 3, coolingOffMs: 3 * DAY_MS, maxDeletes: 5 };
  return { ...emptyRecipeState("web", "home12home12"), rules, ...fields };
}
