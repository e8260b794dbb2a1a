import { recipesSeenBy } from "../../shared/access/may.ts";
import { need, needSome, type Visitor } from "../access/gate.ts";
import { applyCleanUp, planCleanUp, storedCleanUp } from "../actions/clean-up.ts";
import { noteAsked } from "../actions/deps.ts";
import { type HttpAnswer, Refused } from "../http-answer.ts";
import { notFound } from "../view/find-run.ts";
import { recordsSeenBy, stateSeen } from "../view/seen.ts";
import { applyPage, cleanedUpPage, cleanUpElsewherePage, cleanUpPage } from "./clean-up-page.ts";
import { page, type PageText } from "./layout.ts";
import type { PageActions } from "./page-actions.ts";
import { viewerOf } from "./viewer.ts";

/**
 * The pages that show a plan, and that ask before it is carried out.
 * @returns null: the path is none of them.
 * @throws NotFound, Refused, URIError
 */
export async function cleanUpAt(
  on: PageActions,
  path: string,
  visitor: Visitor,
): Promise<HttpAnswer | null> {
  const text = textAt(on, path, visitor);
  return text === null ? null : page(await text, viewerOf(visitor));
}

function textAt(on: PageActions, path: string, visitor: Visitor): Promise<PageText> | null {
  const [, first, name = "", what, ...more] = path.split("/").map(decodeURIComponent);
  if (path === "/clean-up") return planText(on, visitor, null);
  if (name === "" || more.length > 0) return null;
  if (first === "recipes" && what === "clean-up") return planText(on, visitor, name);
  if (first === "clean-up" && what === "apply") return applyText(on, visitor, name);
  return null;
}

async function planText(
  { records, actions }: PageActions,
  visitor: Visitor,
  recipe: string | null,
): Promise<PageText> {
  if (recipe !== null) {
    const seen = recordsSeenBy(recipesSeenBy(visitor), records);
    const isKnown = seen.recipes.has(recipe) || (await stateSeen(seen, recipe)) !== null;
    if (!isKnown) throw notFound(seen, recipe);
  }
  need(visitor, "clean up", recipe);
  if (actions.cleanUp === undefined) return cleanUpElsewherePage(recipe);
  return cleanUpPage(await planCleanUp(actions.cleanUp, visitor, recipe), null);
}

async function applyText(
  { actions }: PageActions,
  visitor: Visitor,
  planId: string,
): Promise<PageText> {
  needSome(visitor, "clean up");
  return applyPage(await storedCleanUp(actions.cleanUp, visitor, planId), viewerOf(visitor));
}

/**
 * Carries out a plan. One that no longer fits is refused, with a new plan.
 * @throws NotFound, Refused
 */
export async function cleanUpBy(
  { actions }: PageActions,
  visitor: Visitor,
  planId: string,
): Promise<HttpAnswer> {
  needSome(visitor, "clean up");
  const { cleanUp } = actions;
  const viewer = viewerOf(visitor);
  const { recipe } = await storedCleanUp(cleanUp, visitor, planId);
  try {
    const document = await applyCleanUp(cleanUp, visitor, planId);
    noteAsked(actions.log, visitor, "clean up", `/clean-up/${planId}/apply`);
    return page(cleanedUpPage(document), viewer);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "plan-outdated") throw error;
    const plan = await planCleanUp(cleanUp, visitor, recipe);
    return page(cleanUpPage(plan, error.message), viewer, error.answer.status);
  }
}
