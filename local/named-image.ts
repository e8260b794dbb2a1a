import { diskImagesOf } from "../shared/image/image-set.ts";
import type { RecipeState, InventoryImage } from "../shared/image/recipe-state.ts";
import { NotFound } from "./view/find-run.ts";

/** Finds an image by its id, or by a name that no other image of the recipe has. @throws NotFound */
export function imageNamed(recipeState: RecipeState, idOrName: string): InventoryImage {
  const byId = recipeState.images.find(({ id }) => id === idOrName);
  if (byId !== undefined) return byId;
  const matches = recipeState.images.filter(
    ({ name, state }) => name === idOrName && state !== "gone",
  );
  const [only, ...others] = matches;
  if (only !== undefined && others.length === 0) return only;
  const list = `regild images ${recipeState.recipeName}`;
  const first = recipeState.images.find((image) =>
    diskImagesOf(recipeState, image.id).some(({ id, name }) => [id, name].includes(idOrName)),
  );
  if (only === undefined && first !== undefined)
    throw new NotFound(
      `${idOrName} goes with image ${first.id}, which stands for the images of all disks of its run`,
      `Write ${first.id}`,
    );
  if (only === undefined)
    throw new NotFound(`${recipeState.recipeName} has no image ${idOrName}`, `Its images: ${list}`);
  const ids = matches.map(({ id }) => id).join(", ");
  throw new NotFound(`Several images are named ${idOrName}: ${ids}`, "Write the id");
}
