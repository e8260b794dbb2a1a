import type { Cloud, Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Run, Source } from "../run/record.ts";
import { type FoundSource, handedOn, keptByServer } from "./resolve.ts";

/** The source with the image that its server was booted from. */
export async function withBootImage(
  { images }: Pick<Cloud, "images">,
  found: FoundSource,
): Promise<FoundSource> {
  const [server, another] = found.servers;
  const id = another === undefined ? server?.imageId : null;
  return id == null ? found : { ...found, bootImage: await images.foreign(id) };
}

/** Whether the image that a run has asked for must be read at once, because a later look may not tell what it inherited. */
export async function mayInherit(
  { cloud }: Pick<Ctx, "cloud">,
  { source, attempt }: Pick<Run, "source" | "attempt">,
): Promise<boolean> {
  if (source === null || source.bootImageId === null) return false;
  // An image that could not be synchronised may only have shown an inherited reason.
  return attempt > 1 || (await cloud.everyImageService()).length > 1;
}

/**
 * Properties present before the upload ends come from the create request and can be stale: the base image that they
 * name may be deleted.
 */
export function withInherited(source: Source, image: Image): Source {
  if (image.status === "active") return source;
  return { ...source, inherited: { ...source.inherited, ...handedOn(image.properties) } };
}

/**
 * Reasons of failed synchronisation that an image may have from the image that its server was booted from. The boot image
 * is read only if the new image shows a reason that is not known to be inherited.
 */
export async function seeInherited(
  { images }: Pick<Cloud, "images">,
  { bootImageId, inherited }: Pick<Source, "bootImageId" | "inherited">,
  image: Image,
): Promise<Record<string, string>> {
  const isUnknown = Object.entries(handedOn(image.properties)).some(
    ([key, reason]) => inherited[key] !== reason,
  );
  if (bootImageId === null || !isUnknown) return {};
  const bootImage = await images.foreign(bootImageId);
  return bootImage === null ? {} : handedOn(keptByServer(bootImage.properties));
}
