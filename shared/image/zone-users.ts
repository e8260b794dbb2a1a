import type { Cloud } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import { imageOf } from "./inventory.ts";
import { mayHideUse } from "./may-hide-use.ts";
import type { ImageZone, InventoryImage, RecipeState } from "./recipe-state.ts";
import { isRegionCopyShown } from "./region-copy-projection.ts";
import { serviceOfZone } from "./region-copy.ts";
import { isSamePlace } from "./zones.ts";

/**
 * Servers and volumes that were made of the image's copies in other regions and clouds. A zone that cannot be asked may use
 * its copy. So may a zone that does not show the copy of the current image yet.
 */
export async function zoneUsers(
  ctx: Ctx,
  recipeState: RecipeState,
  { id, where, zones }: Pick<InventoryImage, "id" | "where" | "zones">,
): Promise<string[]> {
  const users: string[] = [];
  for (const zone of zones.filter(({ store }) => store === null)) {
    const { name, region } = zone;
    const cloud = zone.cloud ?? where.cloud;
    // The servers of an endpoint, or of the image's own region, are those of the recipe's cloud.
    const isHere =
      zone.cloud === null && (region === null || region === (await regionOf(ctx, where)));
    if (isHere && !zone.distribute) continue;
    try {
      const names = isHere
        ? []
        : await usersThere(ctx.openCloud({ cloud, region }), zone.imageId ?? id);
      users.push(...names.map((user) => `${user} in zone ${name}`));
      if (!(await isCurrentShown(ctx, recipeState, zone)))
        users.push(`zone ${name}, maybe: it does not show the current image yet`);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      users.push(`zone ${name}, maybe: it cannot be asked (${error.message})`);
    }
  }
  return users;
}

async function regionOf({ cloud }: Ctx, { region }: InventoryImage["where"]): Promise<string> {
  if (region !== null) return region;
  const [own] = await cloud.everyImageService();
  return own?.region ?? "";
}

async function usersThere(cloud: Cloud, imageId: string): Promise<string[]> {
  // Throws if the region is not in the catalog at all.
  await cloud.everyImageService();
  const servers = await ifOffered(cloud.compute.serversFrom(imageId));
  const volumes = await ifOffered(cloud.volumes.volumes());
  return [
    ...servers.map((server) => `server ${server}`),
    ...volumes
      .filter((v) => v.imageId === imageId)
      .map((v) => `volume ${cloudWords(v.name || v.id, 255)}`),
    ...volumes
      .filter(mayHideUse)
      .map((v) => `volume ${v.id || "without an id"}, maybe: it cannot be read`),
  ];
}

/** A region that offers image services alone has no servers. */
async function ifOffered<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-offered") return [];
    throw error;
  }
}

/** Where the zone has no copy of the current image, there is nothing to wait for. */
async function isCurrentShown(
  ctx: Ctx,
  recipeState: RecipeState,
  zone: ImageZone,
): Promise<boolean> {
  const current = imageOf(recipeState, recipeState.current ?? "");
  const zones = current?.zones ?? [];
  const isCopied = zones.some(
    (one) => one.distribute && one.agencyName === undefined && isSamePlace(one, zone),
  );
  const isCopiedByIms = zones.some(({ imageId }) => imageId !== undefined);
  if (current === undefined || (!isCopied && !isCopiedByIms)) return true;
  const service = await serviceOfZone(ctx, zone);
  if (service === undefined) return true;
  const byIms = await isRegionCopyShown(ctx, recipeState.recipeName, current, service.url);
  if (byIms !== null || !isCopied) return byIms ?? true;
  return (await service.images.image(current.id))?.hidden === false;
}
