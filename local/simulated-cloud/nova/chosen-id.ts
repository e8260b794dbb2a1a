import { Refusal } from "../answers.ts";
import { isUuid, takeChosenId } from "../chosen-image-id.ts";
import type { World } from "../world.ts";

/** What Nova says of an exception of its own that nobody catches. */
export function unexpected(python: string): Refusal {
  return new Refusal(
    500,
    `Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class '${python}'>`,
  );
}

/** The image id that the metadata asks for, which leaves the properties. */
export function chosenId(world: World, properties: Record<string, string>): { id?: string } {
  const wished = properties["id"];
  const isKept = world.settings.chosenImageIds === "kept";
  if (isKept && wished !== undefined && !isUuid(wished)) throw unexpected("TypeError");
  const id = takeChosenId(world, properties, () => unexpected("glanceclient.exc.HTTPConflict"));
  return id === undefined ? {} : { id };
}
