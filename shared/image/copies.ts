import type { Image, Images } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Zone } from "../recipe/recipe.ts";
import { fenceName } from "./fence.ts";
import type { ImageZone, InventoryImage } from "./recipe-state.ts";
import { zoneServices, type ZoneService } from "./zones.ts";

/** An image in the other image services, read if the first one does not have it. */
export interface Copies {
  images: Image[];
  /** Services that did not answer, with their reasons: they may have the image. Null: all answered. */
  unread: string | null;
}

type Placed = Pick<InventoryImage, "id" | "zones">;
type Seen = Placed & Pick<InventoryImage, "promotedAtMs">;

/** Some clouds register an image with every image service, and a delete in one service may not reach the others. */
export async function seeCopies(ctx: Ctx, { id, zones, promotedAtMs }: Seen): Promise<Copies> {
  const images: Image[] = [];
  const [services, notFound] = await everyService(ctx, zones);
  // A late request may still make a copy of an image that was never promoted.
  const lost = promotedAtMs === null ? await findZones(ctx, zones.filter(isCopied)) : null;
  const unread = [...notFound, ...(lost?.notFound ?? [])].map(({ message }) => message);
  const [, ...others] = services;
  for (const service of others) {
    try {
      const image = await service.images.image(service.imageId ?? id);
      if (image !== null) images.push(image);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      unread.push(`${service.name} did not answer: ${error.message}`);
    }
  }
  return { images, unread: unread.join("; ") || null };
}

/**
 * Deletes the image in each image service, in their order. If the first one refuses, the others are not asked.
 * @param is `withBackup`: the first one, which made the image, deletes its backup as well.
 * @returns true if any service had the image.
 * @throws CloudError if a service refused or did not answer, and no other service had the image.
 */
export async function deleteEverywhere(
  ctx: Ctx,
  { id, zones }: Placed,
  is: { withBackup: boolean },
): Promise<boolean> {
  const [[own, ...others], [notFound]] = await everyService(ctx, zones);
  let wasThere = (await own?.images.deleteImage(id, is)) === true;
  let hindrance = notFound ?? null;
  for (const { images, imageId = id } of others) {
    try {
      wasThere = (await images.deleteImage(imageId)) || wasThere;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      hindrance ??= error;
    }
  }
  // If one service deleted it, the next check finds the services that still have it.
  if (hindrance !== null && !wasThere) throw hindrance;
  return wasThere;
}

/**
 * Does the same in each image service, in their order. If the first one fails, the others are not asked.
 * @throws CloudError the first that a service threw, after the others were asked.
 */
export async function eachCopy(
  ctx: Ctx,
  { id, zones }: Placed,
  work: (images: Images, id: string) => Promise<void>,
): Promise<void> {
  const [[own, ...others]] = await everyService(ctx, zones);
  if (own !== undefined) await work(own.images, id);
  let hindrance: CloudError | null = null;
  for (const { images, imageId = id } of others) {
    try {
      await work(images, imageId);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      hindrance ??= error;
    }
  }
  if (hindrance !== null) throw hindrance;
}

/**
 * Uses the image's id up where Regild was to have it copied, so that a request of a paused worker makes no copy any more.
 * @returns false: a copy is there.
 * @throws CloudError if a service did not answer, or a zone has none any more.
 */
export async function closeToCopies(
  ctx: Ctx,
  { id, zones, attemptId }: Placed & Pick<InventoryImage, "attemptId">,
): Promise<boolean> {
  const { services, notFound } = await findZones(ctx, zones.filter(isCopied));
  for (const { images } of services) {
    const isFenced = await unlessRefused(images.fence(id, fenceName(attemptId)));
    // By a copy, or by the empty image of a fence that was not deleted, which one Glance of several may not show yet.
    if (isFenced === false) await images.deleteImage(id);
    // What was refused may be the delete of the empty image, so the service is asked in any case.
    if ((await images.image(id)) !== null) return false;
  }
  if (notFound[0] !== undefined) throw notFound[0];
  return true;
}

/** What is in another store goes with the image. A copy by IMS does not have the image's id. */
function isCopied({ distribute, store, agencyName }: Zone): boolean {
  return distribute && store === null && agencyName === undefined;
}

/** A service that takes no new record takes no late one either: null. */
async function unlessRefused(asked: Promise<boolean>): Promise<boolean | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.kind === "refused") return null;
    throw error;
  }
}

/**
 * The image services of the catalog, the image's own first, then those of other clouds.yaml entries that its zones
 * name, and of copies by IMS. And why such a service was not found.
 */
async function everyService(
  ctx: Ctx,
  zones: Placed["zones"],
): Promise<[ZoneService[], CloudError[]]> {
  const catalog = await ctx.cloud.everyImageService();
  const services = new Map<string, ZoneService>(catalog.map((service) => [service.url, service]));
  const foreign = await findZones(
    ctx,
    zones.filter(({ cloud, imageId }) => cloud !== null || imageId !== undefined),
  );
  for (const service of foreign.services)
    if (service.imageId !== undefined || !services.has(service.url))
      services.set(service.url, service);
  return [[...services.values()], foreign.notFound];
}

/** Zones one by one: one that has left the catalog or clouds.yaml does not hide the others. */
async function findZones(
  ctx: Ctx,
  zones: ImageZone[],
): Promise<{ services: ZoneService[]; notFound: CloudError[] }> {
  const found = new Map<string, ZoneService>();
  const notFound: CloudError[] = [];
  for (const zone of zones) {
    try {
      const [, service] = await zoneServices(ctx, [zone]);
      if (service !== undefined) found.set(service.url, service);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      notFound.push(error);
    }
  }
  return { services: [...found.values()], notFound };
}
