import { type Recipe } from "../../recipe/recipe.ts";
import { cloudWords } from "../../plain-text.ts";
import { allowedRecipes } from "../permissions.ts";
import type { Reply } from "../platform.ts";
import { type Asked, toUser } from "./command.ts";
import { findRun, recipeStateOf, inTurn } from "./find.ts";
import { currentImage, reason, runState } from "./phrases.ts";
import { notAllowed } from "./refusals.ts";

/** More recipes than a phone shows, and as many as a store answers in time. */
const MOST_RECIPES = 50;

/** How every recipe stands that the user may see. */
export async function statusOfAll(asked: Asked): Promise<Reply> {
  const { workspace, by, recipes } = asked;
  const names = allowedRecipes(workspace, by, "status", recipes.keys());
  if (names.length === 0) return notAllowed(asked, "status", "any recipe");
  const lines = await inTurn(names.slice(0, MOST_RECIPES), (name) =>
    asked.on.sharedRead(`status of ${name}`, () => lineOf(asked, name)),
  );
  const left = names.length - MOST_RECIPES;
  if (left > 0) lines.push(`And ${left} more: ${by.prefix} status RECIPE`);
  return toUser("Recipes", ...lines);
}

async function lineOf({ on }: Asked, name: string): Promise<string> {
  const recipeState = await recipeStateOf(on.store, name);
  const run = await findRun(on.store, name, recipeState);
  const now = on.now();
  const current = currentImage(recipeState, now) ?? "no image yet";
  return `${name}: ${current}. ${run === null ? "No run yet" : `Last run: ${runState(run, recipeState, now)}`}`;
}

/** How a recipe's last run, or the named run, stands. */
export async function statusOf(asked: Asked, recipe: Recipe, name: string): Promise<Reply> {
  const { on, by } = asked;
  const recipeState = await recipeStateOf(on.store, recipe.name);
  const actor = await findRun(on.store, name, recipeState);
  const now = on.now();
  const current = `Current: ${currentImage(recipeState, now) ?? "no image yet"}`;
  if (actor === null) {
    const next = `Start a run: ${by.prefix} refresh ${recipe.name}`;
    return name === recipe.name
      ? toUser(`${recipe.name}: no run yet`, current, next)
      : toUser(`There is no run ${name}`, current);
  }
  const { doc: run } = actor;
  const why = reason(run);
  return toUser(
    `${recipe.name}: ${runState(actor, recipeState, now)}`,
    `Run ${run.id}, by ${cloudWords(run.trigger.by)}`,
    ...(why === null ? [] : [`Why: ${why}`, `Next: ${cloudWords(run.failure?.remedy ?? "")}`]),
    current,
  );
}
