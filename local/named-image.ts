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
  if (only === undefined)
    throw new NotFound(`${recipeState.recipeName} has no image ${idOrName}`, `Its images: ${list}`);
  const ids = matches.map(({ id }) => id).join(", ");
  throw new NotFound(`Several images are named ${idOrName}: ${ids}`, "Write the id");
}
