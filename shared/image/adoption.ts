import type { Image, Snapshot } from "../cloud-ports.ts";
import { runId } from "../run/run-id.ts";
import { addResources, newResource } from "./backing-resources.ts";
import { imageOf, newCandidate } from "./inventory.ts";
import { currentTag } from "./marks.ts";
import type { Asked, InventoryImage, RecipeState } from "./recipe-state.ts";
import { shareSoon } from "./sharing.ts";

/** Stands where a run's images have the end of the run's id. No run has it, as it has a look-alike letter. */
const NO_RUN = "adopti";

/** An image that Regild did not make, and what records and the cloud say of it. */
export interface Adoptee {
  image: Image;
  /** Another recipe whose record has it. Null: none. */
  recipe: string | null;
}

/** Why an image can not be taken into a recipe's line. Null: it can. */
export function refusalOfAdoption(
  recipeState: RecipeState,
  { image, recipe }: Adoptee,
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
  return ownerOf(image) ?? shownBy(image);
}

/** A mark with this image's own id was not inherited. */
function ownerOf({ id, properties }: Image): string | null {
  const [installation = "", run = "", , imageId] = properties["regild_owner"]?.split("/") ?? [];
  return imageId === id
    ? `image ${id} was made by Regild (installation ${installation}, run ${run})`
    : null;
}

/** Tags are never inherited. */
function shownBy({ id, tags }: Image): string | null {
  const tag = tags.find((one) => one.startsWith(currentTag("")));
  return tag === undefined ? null : `image ${id} has the tag ${tag} of a recipe's current image`;
}

/**
 * The record with the image in it, retired from now on: it cools off, counts towards `keep`, can be rolled back to, and
 * goes by the recipe's rules. The snapshots that it names go with it.
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
  const madeAtMs = Math.min(createdAtMs === 0 ? atMs : createdAtMs, atMs);
  const run = runId(recipeState.recipeName, madeAtMs, NO_RUN);
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
