import { CloudError } from "../openstack/errors.ts";
import type { ImageMember, ImageMembers } from "../image-members.ts";

/** How long after one of two members was taken away the next one may go: Glance keeps such times by the second. */
export const DOUBLED_MS = 5_000;

/**
 * Takes away one of the members that are there more than once. Two requests that add a member at the same time may both
 * succeed, and Glance cannot delete such an image: the first DELETE is answered 500, and every later one 400, also when the
 * members are gone by then. Seen with Glance 25.1.0, 30.0.0 and 33.0.0 on MariaDB.
 * @param have the image's members.
 * @param ours projects that Regild may take away.
 * @returns true if there were any: look again after DOUBLED_MS, and delete nothing before.
 */
export async function removeDoubled(
  imageMembers: ImageMembers,
  imageId: string,
  { have, ours }: { have: readonly ImageMember[]; ours: readonly string[] },
): Promise<boolean> {
  const projects = have.map(({ project }) => project);
  const doubled = [...new Set(ours)].filter(
    (each) => projects.indexOf(each) !== projects.lastIndexOf(each),
  );
  for (const project of doubled) await imageMembers.remove(imageId, project);
  return doubled.length > 0;
}

/** Empty: there are none, or the image is gone. */
export async function membersOf(
  imageMembers: ImageMembers,
  imageId: string,
): Promise<ImageMember[]> {
  try {
    return await imageMembers.members(imageId);
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-found") return [];
    throw error;
  }
}
