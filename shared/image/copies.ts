import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { copyServices } from "./distribution.ts";
import { fenceName } from "./fence.ts";
import type { InventoryImage } from "./recipe-state.ts";
import { zoneServices } from "./zones.ts";

/** An image in the other image services, read if the first one does not have it. */
export interface Copies {
  images: Image[];
  /** Services that did not answer, with their reasons: they may have the image. Null: all answered. */
  unread: string | null;
}

type Placed = Pick<InventoryImage, "id" | "zones">;

/** Some clouds register an image with every image service, and a delete in one service may not reach the others. */
export async function seeCopies(ctx: Ctx, { id, zones }: Placed): Promise<Copies> {
  const images: Image[] = [];
  const unread: string[] = [];
  const [, ...others] = await everyService(ctx, zones);
  for (const service of others) {
    try {
      const image = await service.images.image(id);
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
 * @returns true if any service had the image.
 * @throws CloudError if a service refused or did not answer, and no other service had the image.
 */
export async function deleteEverywhere(ctx: Ctx, { id, zones }: Placed): Promise<boolean> {
  const [own, ...others] = await everyService(ctx, zones);
  let wasThere = (await own?.images.deleteImage(id)) === true;
  let hindrance: CloudError | null = null;
  for (const { images } of others) {
    try {
      wasThere = (await images.deleteImage(id)) || wasThere;
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
 * Uses the image's id up where Regild was to have it copied, so that a request of a paused worker makes no copy any more.
 * @returns false: a copy is there.
 * @throws CloudError if a service did not answer.
 */
export async function closeToCopies(
  ctx: Ctx,
  { id, zones, attemptId }: Placed & Pick<InventoryImage, "attemptId">,
): Promise<boolean> {
  for (const { images } of await copyServices(ctx, { zones })) {
    if (await isRefused(images.fence(id, fenceName(attemptId)))) continue;
    if ((await images.image(id)) !== null) return false;
  }
  return true;
}

/** A service that takes no new record takes no late one either. */
async function isRefused(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return false;
  } catch (error) {
    if (error instanceof CloudError && error.kind === "refused") return true;
    throw error;
  }
}

/**
 * The image services of the catalog, the image's own first, then those of other clouds.yaml entries that its zones
 * name.
 */
async function everyService(ctx: Ctx, zones: Placed["zones"]): Promise<ImageService[]> {
  const catalog = await ctx.cloud.everyImageService();
  const foreign = zones.filter(({ cloud }) => cloud !== null);
  if (foreign.length === 0) return catalog;
  const urls = new Set(catalog.map(({ url }) => url));
  const others = await zoneServices(ctx, foreign);
  return [...catalog, ...others.filter(({ url }) => !urls.has(url))];
}
