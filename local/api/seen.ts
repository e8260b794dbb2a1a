import type { AccessAction } from "../../shared/access/may.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { need } from "../access/gate.ts";
import { findRun } from "../view/find-run.ts";
import { headOfImage } from "../view/queries.ts";
import type { RunRecord } from "../view/run.ts";
import type { Call } from "./route.ts";

/** The run that the path names. @throws NotFound, also of a run that the visitor may not see; Refused */
export async function runSeen(
  { records, visitor, named }: Call,
  action: AccessAction,
): Promise<RunRecord> {
  const found = await findRun(records, named("run"));
  need(visitor, action, found.run.recipeName);
  return found;
}

/** The state of the recipe that the image in the path was made for. @throws NotFound, Refused */
export async function recipeOfImage(
  { records, visitor, named }: Call,
  action: AccessAction,
  recipe: string | null,
): Promise<RecipeState> {
  if (recipe !== null) need(visitor, action, recipe);
  const recipeState = await headOfImage(records, named("image"), recipe);
  need(visitor, action, recipeState.recipeName);
  return recipeState;
}
