import { Refusal } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";

/** Whether a project may see an image at all: own, public, community, or shared with it. */
export function mayShow(image: Image, projectId: string): boolean {
  return (
    image.projectId === projectId ||
    image.visibility === "public" ||
    image.visibility === "community" ||
    (image.visibility === "shared" && image.members.has(projectId))
  );
}

/** @throws Refusal 404 for what is not there and for what this project may not see. */
export function shownImage(call: Call): Image {
  const id = call.params["id"] ?? "";
  const image = call.zone.images.get(id);
  if (image === undefined || !mayShow(image, callerOf(call).project.id)) {
    throw new Refusal(404, `No image found with ID ${id}`);
  }
  return image;
}

/** @throws Refusal 403 for an image that is seen, but belongs to others. */
export function ownImage(call: Call): Image {
  const image = shownImage(call);
  if (image.projectId !== callerOf(call).project.id) {
    throw new Refusal(403, "You do not own this image");
  }
  return image;
}

/** IMS has made it. */
export function isByIms({ properties }: Image): boolean {
  return properties["__imagetype"] === "private";
}

const VISIBILITY_RULES: Record<string, string> = {
  public: "publicize_image",
  community: "communitize_image",
};

/** @throws Refusal 403 by policy. */
export function mayGive({ world }: Call, visibility: string): void {
  if (!world.settings.refusedVisibilities.includes(visibility)) return;
  const rule = VISIBILITY_RULES[visibility] ?? "modify_image";
  throw new Refusal(403, `You are not authorized to complete ${rule} action.`);
}
