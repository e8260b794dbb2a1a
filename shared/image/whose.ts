import type { Image } from "../cloud-ports.ts";
import { currentTag, OWNER_PROPERTY, ownerMark } from "./marks.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";

type Line = Pick<RecipeState, "recipeName" | "installationId">;
type Entry = Pick<InventoryImage, "id" | "run" | "attemptId">;

/** What the image's owner mark says if this line has the image. */
export function markOf({ installationId }: Line, { id, run, attemptId }: Entry): string {
  return ownerMark(installationId, run, attemptId, id);
}

/** Why the image is another recipe's or another Regild's, by its marks in the cloud. Null: they name nobody else. */
export function whoseElse(
  line: Line,
  { run }: Pick<Entry, "run">,
  { id, tags, properties }: Pick<Image, "id" | "tags" | "properties">,
): string | null {
  const [installation, by, , imageId] = properties[OWNER_PROPERTY]?.split("/") ?? [];
  if (imageId === id && (installation !== line.installationId || by !== run))
    return `its owner is another recipe or Regild (installation ${installation}, run ${by})`;
  const others = tags.find(
    (tag) => tag.startsWith(currentTag("")) && tag !== currentTag(line.recipeName),
  );
  return others === undefined ? null : `it has the tag ${others} of another recipe`;
}

/**
 * Why a clean-up may not delete the image. Null: it may. Records alone do not show that an adopted image is this recipe's,
 * because another Regild may have adopted it too: the owner mark in the cloud decides.
 */
export function notOurs(
  line: Line,
  entry: Entry & Pick<InventoryImage, "adopted">,
  image: Pick<Image, "id" | "tags" | "properties">,
): string | null {
  const elses = whoseElse(line, entry, image);
  if (elses !== null || entry.adopted === null) return elses;
  return image.properties[OWNER_PROPERTY] === markOf(line, entry)
    ? null
    : "adopted, and the cloud does not show that yet";
}
