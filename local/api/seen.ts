import { type AccessAction, type Asker, maySee } from "../../shared/access/may.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { need } from "../access/gate.ts";
import { findRun, NotFound } from "../view/find-run.ts";
import { headOfImage } from "../view/queries.ts";
import type { Records } from "../view/read.ts";
import type { RunRecord } from "../view/run.ts";
import type { Call } from "./route.ts";

/** The recipes that somebody may see, and no others. */
export function recordsSeenBy(asker: Asker, records: Records): Records {
  if (asker.recipes === null) return records;
  const seen = [...records.recipes].filter(([name]) => maySee(asker, name));
  return { ...records, recipes: new Map(seen) };
}

/**
 * The run that the path names. A run of a recipe that the visitor may not see is answered as one that does not exist.
 * @throws NotFound, Refused
 */
export async function runSeen(
  { records, visitor, named }: Call,
  action: AccessAction,
): Promise<RunRecord> {
  const name = named("run");
  const unseen = new NotFound(
    `No run that this token may see is named ${name}`,
    "GET /v1/runs lists them",
  );
  const found = await findRun(records, name).catch((error: unknown) => {
    throw error instanceof NotFound && visitor.recipes !== null ? unseen : error;
  });
  if (!maySee(visitor, found.run.recipeName)) throw unseen;
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
