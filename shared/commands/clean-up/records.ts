import { attemptsOf, type Attempt } from "../../clean-up/attempts.ts";
import { type RecipeState, recipeStateKey, recipeStateSchema } from "../../image/recipe-state.ts";
import type { Place } from "../../image/removal-plan.ts";
import type { Store } from "../../ports.ts";
import { load, read } from "../../protocol/actor.ts";
import { type Run, runSchema } from "../../run/record.ts";
import { sourceKey, sourceSchema } from "../../source/item.ts";
import type { SavedDisk } from "../../source/saved-disk.ts";
import { serversOf } from "../../source/servers.ts";

const PAGE = 100;

/** Records of the recipes that there are: one that was never refreshed has none. */
export async function readStates(store: Store, names: Iterable<string>): Promise<RecipeState[]> {
  const states: RecipeState[] = [];
  for (const name of names) {
    const actor = await load(store, recipeStateKey(name), recipeStateSchema);
    if (actor !== null) states.push(actor.doc);
  }
  return states;
}

/** What runs have left. */
export interface LeftByRuns {
  attempts: Attempt[];
  /** Disks that are still to be put back, with the servers that are to have them. */
  savedDisks: Array<SavedDisk & { serverId: string }>;
}

/** Of every ended run of the recipe. Runs that cannot be read hide no others. */
export async function readLeftByRuns(store: Store, recipeName: string): Promise<LeftByRuns> {
  const left: LeftByRuns = { attempts: [], savedDisks: [] };
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store["range"]>> = await store.range(
      recipeStateKey(recipeName).pk,
      "run#",
      PAGE,
      cursor,
    );
    for (const item of page.items) {
      const run = readable(() => read(item, runSchema).doc);
      if (run === null) continue;
      left.attempts.push(...attemptsOf(run));
      left.savedDisks.push(...(await savedDisksOf(store, run)));
    }
    cursor = page.cursor;
  } while (cursor !== null);
  return left;
}

async function savedDisksOf(store: Store, run: Run): Promise<LeftByRuns["savedDisks"]> {
  const found: LeftByRuns["savedDisks"] = [];
  if (run.savedDisk === null || run.source === null) return found;
  for (const { id: serverId } of serversOf(run)) {
    const saved = (await load(store, sourceKey(serverId), sourceSchema))?.doc.savedDisk ?? null;
    if (saved?.snapshotId === run.savedDisk.id) found.push({ ...saved, serverId });
  }
  return found;
}

function readable(one: () => Run): Run | null {
  try {
    return one();
  } catch {
    return null;
  }
}

/** Clouds and regions in which these recipes have things. */
export function placesOf(states: readonly RecipeState[]): Place[] {
  const places = new Map<string, Place>();
  for (const { images, resources } of states) {
    const things = [
      ...images.filter(({ state }) => state !== "gone"),
      ...resources.filter(({ state }) => state !== "gone"),
    ];
    for (const { where } of things) {
      const { cloud, region } = where;
      places.set(`${cloud} ${region ?? ""}`, { cloud, region });
    }
  }
  return [...places.values()];
}

/** Other regions in which copies may appear that runs have asked IMS for, and have not seen. */
export function copyPlacesOf(attempts: readonly Attempt[]): Place[] {
  const late = attempts.filter((attempt) => attempt.late.kind === "copy-to-region");
  const places = late.map(({ late: { where } }) => ({ cloud: where.cloud, region: where.region }));
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

/** Projects that the recipes' things of this place are in. */
export function projectsOf(states: readonly RecipeState[], here: Place): string[] {
  const things = states.flatMap(({ images, resources }) => [...images, ...resources]);
  const own = things.filter(
    ({ state, where }) =>
      state !== "gone" && where.cloud === here.cloud && where.region === here.region,
  );
  return [...new Set(own.map(({ where }) => where.projectId))];
}
