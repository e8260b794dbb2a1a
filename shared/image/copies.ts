import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";

/** What the image services beside the first say of an image that the first does not have. */
export interface Copies {
  images: Image[];
  /** Services that did not answer, each with its reason: the image may be there. Null: all have answered. */
  unread: string | null;
}

/** Some clouds register an image with every image service, and a delete in one of them need not reach the others. */
export async function seeCopies(ctx: Ctx, imageId: string): Promise<Copies> {
  const images: Image[] = [];
  const unread: string[] = [];
  const [, ...others] = await ctx.cloud.everyImageService();
  for (const service of others) {
    try {
      const image = await service.images.image(imageId);
      if (image !== null) images.push(image);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      unread.push(
        `the image service of ${service.name} did not say whether it has it: ${error.message}`,
      );
    }
  }
  return { images, unread: unread.join("; ") || null };
}

/**
 * Deletes the image in each image service, the first one first: a refusal there keeps the others from it.
 * @returns whether any had it.
 * @throws CloudError of the first service that refused, or did not answer, once the others were asked.
 */
export async function deleteEverywhere(ctx: Ctx, imageId: string): Promise<boolean> {
  const [own, ...others] = await ctx.cloud.everyImageService();
  let wasThere = (await own?.images.deleteImage(imageId)) === true;
  let hindrance: CloudError | null = null;
  for (const { images } of others) {
    try {
      wasThere = (await images.deleteImage(imageId)) || wasThere;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      hindrance ??= error;
    }
  }
  // The first service has deleted it: what the others keep is seen by the next check.
  if (hindrance !== null && !wasThere) throw hindrance;
  return wasThere;
}
