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
  if (id === undefined || world.settings.chosenImageIds === "ignored") return undefined;
  refuseId(world);
  const { images, deleted } = world.firstZone;
  if (images.has(id) || deleted.has(id)) throw taken(id);
  return id;
}

/** It is Glance that refuses an id, whoever asks for it. @throws Refusal */
export function refuseId({ settings: { chosenImageIds } }: Pick<World, "settings">): void {
  if (chosenImageIds === "refused-400") throw new Refusal(400, "Attribute 'id' is not allowed.");
  if (chosenImageIds === "refused-403") throw new Refusal(403, "Attribute 'id' is reserved.");
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
