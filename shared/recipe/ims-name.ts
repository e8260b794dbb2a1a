import { nameProblem } from "./image-name.ts";

const LONGEST_IMS_NAME = 128;

/** Another image may have the name that a template without a short id fills to, also for a moment only. */
export const NAME_FOR_IMS =
  "has no ${{ short_id }}, and IMS gives each name to one image only. Write it into the name: ${{ recipe }}-${{ short_id }}";

/** @param device of the disk, such as `vdb`: so the images of one run have names of their own. */
export function nameOfDiskImage(name: string, device: string): string {
  return `${name}-${device}`;
}

/** As `nameProblem`. IMS counts characters. Source: Image Management Service API reference, "Image Attributes". */
export function imsNameProblem(name: string): string | null {
  const characters = Array.from(name).length;
  if (characters > LONGEST_IMS_NAME) {
    return `is ${characters} characters long, and IMS takes ${LONGEST_IMS_NAME} at most. Shorten it`;
  }
  return nameProblem(name, Number.POSITIVE_INFINITY);
}
