import { currentTag } from "../../shared/image/marks.ts";
import type { SimulatedCloud } from "../simulated-cloud/cloud.ts";
import type { Image } from "../simulated-cloud/resources.ts";
import type { World } from "../simulated-cloud/world.ts";

/** Ids of what was in the cloud before the first refresh, and is to be there ever after. */
export type Found = ReadonlySet<string>;

export function found({ firstZone, volumes }: World): Found {
  return new Set([...firstZone.images.keys(), ...volumes.keys()]);
}

/**
 * Looks into the cloud itself, past Regild and its records, for what should not be there after the last refresh.
 * @param currents by recipe, the id of the image that was made last.
 * @returns what is wrong, a sentence each.
 */
export function problemsIn(
  cloud: SimulatedCloud,
  currents: ReadonlyMap<string, string>,
  before: Found,
): string[] {
  cloud.settle();
  const { world } = cloud;
  const images = [...world.firstZone.images.values()];
  const expected = new Set([...before, ...currents.values()]);
  return [
    ...[...currents].flatMap(([recipe, id]) => problemsOfCurrent(images, recipe, id)),
    ...[...images, ...world.volumes.values()]
      .filter(({ id }) => !expected.has(id))
      .map(({ name, id }) => `${name ?? id} was left behind`),
    ...problemsOfSnapshots(images, world),
    ...problemsOfSources(world),
  ];
}

function problemsOfCurrent(images: Image[], recipe: string, id: string): string[] {
  const tagged = images.filter((image) => image.tags.includes(currentTag(recipe)));
  const [only, ...others] = tagged;
  if (only?.id !== id || others.length > 0) {
    return [
      `${tagged.length} images are tagged as current for ${recipe}, and it should be ${id} alone`,
    ];
  }
  return only.status === "active" ? [] : [`the current image of ${recipe} is ${only.status}`];
}

/** Snapshots and images must fit: none that no image names, and none named that is gone. */
function problemsOfSnapshots(images: Image[], { snapshots }: World): string[] {
  const named = new Set(images.flatMap(snapshotIdsOf));
  return [
    ...[...snapshots.values()]
      .filter(({ id }) => !named.has(id))
      .map(({ name }) => `${name} is named by no image`),
    ...[...named].filter((id) => !snapshots.has(id)).map((id) => `snapshot ${id} is gone`),
  ];
}

function snapshotIdsOf({ properties }: Image): string[] {
  const mapping = properties["block_device_mapping"] ?? "";
  return [...mapping.matchAll(/"snapshot_id":\s*"([^"]+)"/g)].flatMap((match) => match[1] ?? []);
}

function problemsOfSources({ servers, volumes }: World): string[] {
  return [
    ...[...servers.values()]
      .filter(({ vmState, taskState }) => vmState !== "active" || taskState !== null)
      .map(({ name, vmState, taskState }) => `server ${name} is ${taskState ?? vmState}`),
    ...[...volumes.values()]
      .filter(({ status, attachments }) =>
        attachments.length > 0 ? status !== "in-use" : status !== "available",
      )
      .map(({ name, status }) => `volume ${name} is ${status}`),
  ];
}
