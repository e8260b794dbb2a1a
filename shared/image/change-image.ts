import type { Image, ImageChange, Images } from "../cloud-ports.ts";
import { CloudError } from "../openstack/errors.ts";

/** Glance before 2.7 (Rocky) cannot hide images: there only the tag shows the state. */
export async function changeImage(
  images: Images,
  image: Image,
  wanted: ImageChange,
): Promise<void> {
  const { hidden, ...rest } = wanted;
  try {
    await images.change(image, wanted);
  } catch (error) {
    const cannotHide =
      hidden !== undefined && error instanceof CloudError && error.code === "not-offered";
    if (!cannotHide) throw error;
    await images.change(image, rest);
  }
}
