import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";

/** Reads an image: as the cloud has it now, or as a step has read it a moment ago. */
export type ReadImage = (id: string) => Promise<Image | null>;

export function anew({ cloud }: Ctx): ReadImage {
  return (id) => cloud.images.image(id);
}

/** What a run's earlier step has read in this process serves the next one, for some seconds. */
export function justRead({ cloud }: Ctx): ReadImage {
  return (id) => cloud.images.recentImage(id);
}
