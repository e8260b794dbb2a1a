import type { Image, Snapshot } from "../cloud-ports.ts";
import { runId } from "../run/run-id.ts";
import { addResources, newResource } from "./backing-resources.ts";
import { imageOf, newCandidate } from "./inventory.ts";
import { OWNER_PROPERTY, RETIRED_TAG, stateTagOf } from "./marks.ts";
import type { Asked, InventoryImage, RecipeState } from "./recipe-state.ts";
import { shareSoon } from "./sharing.ts";
import { markOf } from "./whose.ts";

/** Stands where a run's images have the end of the run's id. No run has it, as it has a look-alike letter. */
const NO_RUN = "adopti";

/** An image that Regild did not make, and what records and the cloud say of it. */
export interface Adoptee {
  image: Image;
  /** Another recipe whose record has it. Null: none. */
  recipe: string | null;
  /** Servers and volumes that were made from it. */
  users: readonly string[];
}

/** Why an image can not be taken into a recipe's line. Null: it can. */
export function refusalOfAdoption(
  recipeState: RecipeState,
  { image, recipe, users }: Adoptee,
): string | null {
  const { recipeName } = recipeState;
  const current = imageOf(recipeState, recipeState.current ?? "");
  const known = imageOf(recipeState, image.id);
  if (known !== undefined)
    return `image ${image.id} is in the line of ${recipeName} (${known.state})`;
  if (recipe !== null) return `image ${image.id} is in the line of ${recipe}`;
  if (current === undefined) return `${recipeName} has no current image yet`;
  if (image.ownerProjectId !== current.where.projectId)
    return `image ${image.id} belongs to project ${image.ownerProjectId ?? "unknown"}, and images of ${recipeName} to ${current.where.projectId}`;
  if (image.status !== "active") return `image ${image.id} is ${image.status}, not active`;
  if (image.protected)
    return `image ${image.id} is protected: Regild could not delete it later, and somebody wants it to stay`;
  const marked = ownerOf(recipeState, image) ?? shownBy(recipeState, image);
  if (marked !== null) return marked;
  return users.length === 0
    ? null
    : `image ${image.id} is in use by ${users.slice(0, 5).join(", ")}: take it once nothing uses it`;
}

/** A mark with this image's own id was not inherited. This line's own mark is left of an adoption that was given up. */
function ownerOf(recipeState: RecipeState, image: Image): string | null {
  const { id, properties } = image;
  const [installation = "", run = "", attempt, imageId] =
    properties[OWNER_PROPERTY]?.split("/") ?? [];
  if (imageId !== id || isMarkedFor(recipeState, image)) return null;
  const how = attempt === NO_RUN ? "was taken into a recipe's line" : "was made by Regild";
  return `image ${id} ${how} (installation ${installation}, run ${run})`;
}

/** The tag of a retired image may be left of an adoption that was given up. */
function shownBy(recipeState: RecipeState, image: Image): string | null {
  const isOurs = isMarkedFor(recipeState, image);
  const tags = image.tags.filter((tag) => tag !== RETIRED_TAG || !isOurs);
  const tag = stateTagOf({ tags });
  return tag === undefined ? null : `image ${image.id} has the tag ${tag} of a recipe's image`;
}

function isMarkedFor(recipeState: RecipeState, image: Image): boolean {
  const run = adoptionRun(recipeState, image, image.createdAtMs);
  const mark = markOf(recipeState, { id: image.id, run, attemptId: NO_RUN });
  return image.properties[OWNER_PROPERTY] === mark;
}

/** Stands where the id of the image's run would be. */
function adoptionRun(
  { recipeName }: Pick<RecipeState, "recipeName">,
  { createdAtMs }: Pick<Image, "createdAtMs">,
  atMs: number,
): string {
  return runId(recipeName, madeAtMsOf(createdAtMs, atMs), NO_RUN);
}

function madeAtMsOf(createdAtMs: number, atMs: number): number {
  return Math.min(createdAtMs === 0 ? atMs : createdAtMs, atMs);
}

/**
 * The record with the image in it, retired from now on: it cools off, fills a free place of `keep`, can be rolled back to
 * by its id or name, and goes by the recipe's rules. The snapshots that it names go with it.
 */
export function withAdopted(
  recipeState: RecipeState,
  { id, name, sizeBytes, createdAtMs, snapshotIds }: Image,
  adopted: Asked,
): RecipeState {
  const current = imageOf(recipeState, recipeState.current ?? "");
  if (current === undefined) return recipeState;
  const { where } = current;
  const { atMs } = adopted;
  const madeAtMs = madeAtMsOf(createdAtMs, atMs);
  const run = adoptionRun(recipeState, { createdAtMs }, atMs);
  const entry: InventoryImage = {
    ...newCandidate({ id, name, run, attemptId: NO_RUN, where, sizeBytes }, madeAtMs),
    state: "retired",
    promotedAtMs: madeAtMs,
    retiredAtMs: atMs,
    adopted,
  };
  const resources = snapshotIds.map((snapshotId) =>
    newResource({ kind: "snapshot", id: snapshotId, run, imageId: id, where, state: "kept" }, atMs),
  );
  const images = [...recipeState.images, entry];
  const taken = { ...recipeState, images, projectAtMs: atMs };
  return shareSoon(addResources(taken, resources) ?? taken, atMs);
}

/** Why a snapshot can not be taken into a recipe's line. Null: it can. @param imageId the recipe's image that names it. */
export function refusalOfSnapshot(
  recipeState: RecipeState,
  { id }: Snapshot,
  is: { imageId: string | null; recipe: string | null },
): string | null {
  if (recipeState.resources.some((resource) => resource.id === id))
    return `snapshot ${id} is in the line of ${recipeState.recipeName}`;
  if (is.recipe !== null) return `snapshot ${id} is in the line of ${is.recipe}`;
  return is.imageId === null ? `no image of ${recipeState.recipeName} names snapshot ${id}` : null;
}

/** The record with the snapshot in it: it goes once its image is gone. */
export function withAdoptedSnapshot(
  recipeState: RecipeState,
  { id }: Snapshot,
  imageId: string,
  nowMs: number,
): RecipeState {
  const image = imageOf(recipeState, imageId);
  if (image === undefined) return recipeState;
  const { run, where } = image;
  const resource = newResource({ kind: "snapshot", id, run, imageId, where, state: "kept" }, nowMs);
  return addResources(recipeState, [resource]) ?? recipeState;
}
