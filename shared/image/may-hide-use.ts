import type { Volume } from "../cloud-ports.ts";

/** Fields of a volume that may name the image or snapshots that it was made from. */
const FIELDS = ["record", "snapshot_id", "volume_image_metadata"];

/** True if the cloud's record of the volume cannot be read where it may name an image or a snapshot. */
export function mayHideUse({ oddFields }: Volume): boolean {
  return oddFields.some((field) => FIELDS.includes(field));
}
