import { Refusal } from "./answers.ts";
import type { World } from "./world.ts";

/**
 * The id that a new image gets when its properties ask for one. Nova and Cinder hand the properties of a new image to
 * Glance as they are, so `id` becomes the image's own id (seen on Zed, 2025.1 and 2026.2; documented nowhere). Takes `id`
 * out of the properties. Undefined: Glance chooses.
 * @param taken what the service answers when the id is, or was once, an image's.
 */
export function takeChosenId(
  world: World,
  properties: Record<string, string>,
  taken: (id: string) => Refusal,
): string | undefined {
  const { id } = properties;
  delete properties["id"];
  const { chosenImageIds } = world.settings;
  if (id === undefined || chosenImageIds === "ignored") return undefined;
  if (chosenImageIds === "refused-400") throw new Refusal(400, "Attribute 'id' is not allowed.");
  if (chosenImageIds === "refused-403") throw new Refusal(403, "Attribute 'id' is reserved.");
  const { images, deleted } = world.firstZone;
  if (images.has(id) || deleted.has(id)) throw taken(id);
  return id;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
