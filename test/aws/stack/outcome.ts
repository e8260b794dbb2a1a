import type { Refreshes } from "../../../local/demo/refresh-twice.ts";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";

/** What a run report has come to in records and cloud, without what differs each time: ids, days, how often was looked. */
export function outcomeOf({ runs, problems }: Refreshes, { world }: SimulatedCloud) {
  const known = ({ name, ...rest }: { name: string | null; status?: string; tags?: string[] }) => ({
    name: nameless(name),
    ...rest,
  });
  return {
    problems,
    runs: runs.map(({ run, recipeState }) => ({
      recipe: run.recipeName,
      outcome: run.outcome,
      image: nameless(run.imageName),
      steps: run.timeline.filter(({ kind }) => kind === "step").map(({ step }) => step),
      intents: run.timeline.filter(({ kind }) => kind === "intent").map(({ step }) => step),
      leftovers: run.leftovers,
      replaces: runs.findIndex((one) => one.run.candidate?.id === run.replacedImageId),
      inventory: recipeState?.images.map(({ state }) => state),
    })),
    /** Of work that two did at once, each run's record may tell less than was done. */
    told: runs.map(({ run }) => [run.imagesRetired.length, run.snapshotsCleaned]),
    images: world.zones.map((zone) =>
      sorted(
        [...zone.images.values()].map(({ name, status, tags, hidden, visibility, properties }) => ({
          ...known({ name, status, tags: tags.toSorted() }),
          hidden,
          visibility,
          properties: Object.keys(properties).toSorted(),
        })),
      ),
    ),
    snapshots: sorted(
      [...world.snapshots.values()].map(({ name, status }) => known({ name, status })),
    ),
    volumes: sorted([...world.volumes.values()].map(({ name, status }) => known({ name, status }))),
    servers: [...world.servers.values()].map(({ name, vmState, taskState }) => ({
      name,
      vmState,
      taskState,
    })),
  };
}

/** `web-20261122-wedrtm` was made on some day, under some id. */
function nameless(name: string | null): string | null {
  return name?.replace(/-\d{8}-[0-9a-z]{6}$/, "-DAY-ID") ?? null;
}

function sorted<T>(things: T[]): T[] {
  return things.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}
