import { currentTag } from "../../shared/image/marks.ts";
import type { SimulatedCloud } from "../simulated-cloud/cloud.ts";
import type { Image, Snapshot } from "../simulated-cloud/resources.ts";

/**
 * Looks into the cloud itself, past Regild and its records, for what should not be there after the last refresh.
 * @param currents by recipe, the id of the image that was made last.
 * @param foundImageIds those that were there before the first refresh.
 * @returns what is wrong, a sentence each.
 */
export function problemsIn(
  cloud: SimulatedCloud,
  currents: ReadonlyMap<string, string>,
  foundImageIds: ReadonlySet<string>,
): string[] {
  cloud.settle();
  const { servers, volumes, snapshots, firstZone } = cloud.world;
  const images = [...firstZone.images.values()];
  const expected = new Set([...foundImageIds, ...currents.values()]);
  return [
    ...[...currents].flatMap(([recipe, id]) => problemsOfCurrent(images, recipe, id)),
    ...images
      .filter((image) => !expected.has(image.id))
      .map((image) => `image ${image.name ?? image.id} was left behind`),
    ...[...snapshots.values()]
      .filter((snapshot) => !images.some((image) => names(image, snapshot)))
      .map((snapshot) => `${snapshot.name} is named by no image`),
    ...[...servers.values()]
      .filter((server) => server.vmState !== "active" || server.taskState !== null)
      .map((server) => `server ${server.name} is ${server.taskState ?? server.vmState}`),
    ...[...volumes.values()]
      .filter(
        (volume) => volume.status !== (volume.attachments.length > 0 ? "in-use" : "available"),
      )
      .map((volume) => `volume ${volume.name} is ${volume.status}`),
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

function names(image: Image, snapshot: Snapshot): boolean {
  return image.properties["block_device_mapping"]?.includes(snapshot.id) ?? false;
}
