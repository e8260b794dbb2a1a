import { setTimeout as sleep } from "node:timers/promises";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { activeRuns } from "../../local/view/read.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";

const LOOK_AGAIN_MS = 500;
const RECIPES = ["web", "data"];

/** Waits until every run has ended and everything is cleaned up. @returns what is wrong with the cloud then. */
export async function judgeEnd(
  cloud: SimulatedCloud,
  dataFile: string,
  patienceMs: number,
): Promise<string[]> {
  const db = openDatabase(dataFile);
  const store = new SqliteStore(db);
  try {
    const untilMs = Date.now() + patienceMs;
    let wrong = ["not looked at"];
    while (wrong.length > 0 && Date.now() < untilMs) {
      await sleep(LOOK_AGAIN_MS);
      cloud.settle();
      const active = await activeRuns(store);
      wrong = [
        ...active.map(({ run }) => `run ${run.id} has not ended: ${run.step}`),
        ...(await leftIn(cloud, store)),
      ];
    }
    return wrong;
  } finally {
    db.close();
  }
}

async function leftIn({ world }: SimulatedCloud, store: SqliteStore): Promise<string[]> {
  const known = new Set<string>();
  for (const recipe of RECIPES) {
    const state = (await load(store, recipeStateKey(recipe), recipeStateSchema))?.doc;
    for (const { id, state: is } of state?.images ?? [])
      if (is === "current" || is === "retired") known.add(id);
  }
  const images = world.zones.flatMap((zone) => [...zone.images.values()]);
  const surplus = images.filter(({ id, name }) => name !== "base" && !known.has(id));
  const servers = [...world.servers.values()].filter(({ vmState }) => vmState !== "active");
  return [
    ...surplus.map(({ id, name }) => `image ${name} ${id} is left`),
    ...[...world.snapshots.values()].map(({ id, name }) => `snapshot ${name} ${id} is left`),
    ...[...world.volumes.values()]
      .filter(({ name }) => name !== "data")
      .map(({ id, name }) => `volume ${name} ${id} is left`),
    ...servers.map(({ name, vmState }) => `server ${name} is ${vmState}`),
  ];
}
