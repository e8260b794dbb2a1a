import type * as z from "zod/mini";
import { pauseRecipe, resumeRecipe } from "../../shared/commands/pause.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { Refused } from "../http-answer.ts";
import { SCHEMA } from "../view/document.ts";
import { notFound } from "../view/find-run.ts";
import { type pauseDocument, viewPausedRecipe } from "../view/pause.ts";
import { recipeStateOf } from "../view/read.ts";
import { type ActionDeps, byOf, type Request } from "./deps.ts";

type PauseDocument = z.infer<typeof pauseDocument>;
type Asker = Pick<Request, "asker">;

/** @param until RFC 3339; null: until somebody resumes it. @throws NotFound, Refused */
export async function pause(
  deps: ActionDeps,
  { asker }: Asker,
  recipe: string,
  { reason, until }: { reason: string; until: string | null },
): Promise<PauseDocument> {
  await needKnown(deps, recipe);
  const untilMs = until === null ? null : Date.parse(until);
  if (untilMs !== null && untilMs <= deps.now()) {
    const remedy = "Write a time that is still to come";
    throw new Refused(422, "wrong-body", "until is in the past", remedy, "until");
  }
  const after = await pauseRecipe(deps, recipe, { by: byOf(asker), reason, untilMs });
  return documentOf(deps, recipe, after, true);
}

/** Ending a pause that is over changes nothing. @throws NotFound */
export async function resume(
  deps: ActionDeps,
  { asker }: Asker,
  recipe: string,
): Promise<PauseDocument> {
  await needKnown(deps, recipe);
  const after = await resumeRecipe(deps, recipe, byOf(asker));
  const recipeState = after ?? (await recipeStateOf(deps.store, recipe));
  return documentOf(deps, recipe, recipeState, after !== null);
}

async function needKnown(deps: ActionDeps, recipe: string): Promise<void> {
  if (deps.recipes.has(recipe) || (await recipeStateOf(deps.store, recipe)) !== null) return;
  throw notFound(deps, recipe);
}

function documentOf(
  deps: ActionDeps,
  recipe: string,
  recipeState: RecipeState | null,
  wasPaused: boolean,
): PauseDocument {
  const is = { wasPaused, known: deps.recipes.get(recipe), nowMs: deps.now() };
  return { schema: SCHEMA, recipes: [viewPausedRecipe(recipe, recipeState, is)], next: null };
}
