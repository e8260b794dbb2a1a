import type { Cloud, Image } from "../cloud-ports.ts";
import type { Source } from "../run/record.ts";
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
