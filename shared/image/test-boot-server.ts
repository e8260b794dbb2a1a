import * as z from "zod/mini";
import type { Cloud, Flavor, Image } from "../cloud-ports.ts";
import { isUuid } from "../cloud-ids.ts";
import type { Disk, ServerWish } from "../server-wish.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";

const entries = z.array(
  z.looseObject({
    snapshot_id: z.nullish(z.string()),
    boot_index: z.nullish(z.union([z.int(), z.string()])),
  }),
);

/**
 * How a server boots from the image. An image with snapshots behind it is booted from them directly: by the image's id,
 * Nova takes over `delete_on_termination` of the source's volumes, which most often leaves the new volumes behind.
 * Source: nova/block_device.py, `snapshot_from_bdm`.
 */
export function bootOf(
  image: Image | null,
  imageId: string,
  volumeGib: number | null,
): ServerWish["boot"] {
  const disks = snapshotDisks(image, volumeGib);
  if (disks.length > 0) return { disks };
  if (volumeGib === null) return { imageId };
  return { disks: [{ from: "image", id: imageId, bootIndex: 0, sizeGib: volumeGib }] };
}

function snapshotDisks(image: Image | null, volumeGib: number | null): Disk[] {
  const mapping = image?.properties["block_device_mapping"] ?? "";
  if (image === null || image.snapshotIds.length === 0) return [];
  return entries.parse(JSON.parse(mapping)).flatMap(({ snapshot_id: id, boot_index: index }) => {
    if (id == null || id === "") return [];
    const bootIndex = index == null || Number(index) < 0 ? null : Number(index);
    return [
      { from: "snapshot" as const, id, bootIndex, sizeGib: bootIndex === 0 ? volumeGib : null },
    ];
  });
}

/**
 * Ids of the networks of the recipe's test server. The network service is asked for names only.
 * @throws CloudError not-found: the cloud has no network of such a name, or several.
 */
export async function seeTestNetworks(
  cloud: Cloud,
  { name: recipe, testBoot }: Recipe,
): Promise<string[]> {
  const ids: string[] = [];
  for (const network of testBoot?.networks ?? []) {
    const found = isUuid(network) ? [network] : await cloud.testServers.networksNamed(network);
    const [only, ...others] = found;
    if (only === undefined || others.length > 0) {
      const message =
        only === undefined
          ? `The cloud shows this project no network ${network} (test_boot.networks). Choose one: openstack network list`
          : `The cloud has ${found.length} networks named ${network}. Write the id of one: ${found.join(", ")}`;
      throw unknown(message, recipe);
    }
    ids.push(only);
  }
  return ids;
}

/**
 * The flavor of the recipe's test server. Null: the recipe has no test.
 * @throws CloudError not-found: the cloud has no such flavor.
 */
export async function seeTestFlavor(
  cloud: Cloud,
  { name: recipe, testBoot }: Recipe,
): Promise<Flavor | null> {
  if (testBoot === null) return null;
  const { flavor: name } = testBoot;
  const flavor = await cloud.testServers.flavor(name);
  if (flavor !== null) return flavor;
  const message = `The cloud has no flavor ${name}, or several (test_boot.flavor). Choose one: openstack flavor list`;
  throw unknown(message, recipe);
}

/** The recipe names what the cloud does not have. */
function unknown(message: string, recipe: string): CloudError {
  const remedy = `Correct ${recipe}.test_boot in recipes.yml, then: regild refresh ${recipe}`;
  return new CloudError(message, { kind: "refused", code: "not-found", remedy });
}
