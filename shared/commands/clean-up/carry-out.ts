import type { Orphan } from "../../clean-up/attempts.ts";
import { type RecipeSeen, rehearse } from "../../clean-up/rehearsal.ts";
import type { Row } from "../../clean-up/things.ts";
import { prepared } from "../../clean-up/world.ts";
import { markForDeletion } from "../../image/inventory.ts";
import { noteKeptImages } from "../../image/kept-images.ts";
import { noteKept } from "../../image/not-deleted.ts";
import type { RecipeState } from "../../image/recipe-state.ts";
import { remove } from "../../image/removal.ts";
import { type Place, planRemoval } from "../../image/removal-plan.ts";
import { seeRemoval } from "../../image/removal-seen.ts";
import { deletingResources, planResources, removeResources } from "../../image/resource-removal.ts";
import { seeResources } from "../../image/resources-seen.ts";
import type { Ctx } from "../../context.ts";
import { contextFor } from "../../protocol/session.ts";
import type { CleanUpDeps, CleanUpPlan } from "./make-plan.ts";

/** The deletes of one recipe in one place. */
export interface Work {
  here: Place;
  recipeName: string;
  ids: ReadonlySet<string>;
}

/**
 * Marks everything for deletion that the plan deletes, one write for each recipe. The write is made only if the rules
 * say of the record as it is then what the plan says. From then on hosts finish the work, also if this process dies.
 * @returns the work, or the recipe whose record somebody has changed meanwhile. What was marked before it is deleted.
 */
export async function announce(
  deps: CleanUpDeps,
  plan: CleanUpPlan,
): Promise<{ works: Work[] } | { changed: string; begun: string[] }> {
  const works: Work[] = [];
  for (const { here, recipes, orphans } of plan.worlds) {
    for (const seen of recipes) {
      const { recipeName } = seen.recipeState;
      const ids = deletesOf(plan.rows, seen);
      if (ids.size === 0) continue;
      const ctx = contextOf(deps, { here, recipeName, ids });
      const after = await ctx.changeRecipeState((record) =>
        mark(record, { seen, orphans, here, ids }, ctx.now()),
      );
      const found = orphans.map(({ thing }) => thing.id).filter((id) => ids.has(id));
      if (!isMarked(after, ids, found))
        return { changed: recipeName, begun: [...new Set(works.map((work) => work.recipeName))] };
      works.push({ here, recipeName, ids });
    }
  }
  return { works };
}

function deletesOf(rows: readonly Row[], { recipeState }: RecipeSeen): Set<string> {
  return new Set(
    rows
      .filter(({ recipe, fate }) => recipe === recipeState.recipeName && fate === "delete")
      .map(({ id }) => id),
  );
}

/** Null: the record has changed, so that something else would be deleted. */
function mark(
  record: RecipeState,
  by: { seen: RecipeSeen; orphans: readonly Orphan[]; here: Place; ids: ReadonlySet<string> },
  nowMs: number,
): RecipeState | null {
  const { seen, orphans, here, ids } = by;
  const recipeState = prepared(record, orphans, nowMs);
  const fates = rehearse({ ...seen, recipeState }, here, nowMs);
  const goers = [...fates].filter(([, { fate }]) => fate === "delete");
  const isSame = goers.filter(([id]) => ids.has(id)).length === ids.size;
  if (!isSame || goers.length !== ids.size) return null;
  return goers.reduce<RecipeState>(
    (state, [id, { why }]) => markForDeletion(state, id, why, nowMs) ?? state,
    recipeState,
  );
}

/**
 * True if nothing in the plan is left to be marked. Snapshots of an image are marked once it is gone.
 * @param found orphans: no record had them before.
 */
function isMarked(
  { images, resources }: RecipeState,
  ids: ReadonlySet<string>,
  found: readonly string[],
): boolean {
  const recorded = new Set([...images, ...resources].map(({ id }) => id));
  const unmarked = [
    ...images.filter(({ state }) => state !== "deleting" && state !== "gone"),
    ...resources.filter(({ state, imageId }) => state === "kept" && imageId === null),
  ];
  return found.every((id) => recorded.has(id)) && !unmarked.some(({ id }) => ids.has(id));
}

/**
 * One round of the deletes, by the rules of the steps and by what the cloud shows now.
 * @returns ids that are not gone yet.
 */
export async function round(deps: CleanUpDeps, work: Work): Promise<string[]> {
  const { here, ids } = work;
  const ctx = contextOf(deps, work);
  const nowMs = ctx.now();
  const before = await ctx.recipeState();
  const images = planRemoval(before, await seeRemoval(ctx, before, here), here, nowMs);
  const isMeant = ({ id }: { id: string }) => ids.has(id) || isImageOf(before, id, ids);
  const deleting = deletingResources(before, here, nowMs).filter(isMeant);
  const resources = planResources(deleting, await seeResources(ctx, deleting), nowMs);
  const kept = images.kept.filter(isMeant);
  await ctx.changeRecipeState((state) => noteKeptImages(state, kept, nowMs));
  await ctx.changeRecipeState((state) => noteKept(state, deleting, resources.kept));
  await remove(ctx, images.ops.filter(isMeant));
  await removeResources(ctx, resources.ops);
  return leftOf(await ctx.recipeState(), ids);
}

/** An image that others have deleted is in no plan, but its snapshots are. */
function isImageOf({ resources }: RecipeState, id: string, ids: ReadonlySet<string>): boolean {
  return resources.some((resource) => resource.imageId === id && ids.has(resource.id));
}

function leftOf({ images, resources }: RecipeState, ids: ReadonlySet<string>): string[] {
  return [...images, ...resources]
    .filter(({ id, state }) => ids.has(id) && state !== "gone")
    .map(({ id }) => id);
}

function contextOf(deps: CleanUpDeps, { here, recipeName }: Work): Ctx {
  return contextFor(deps, { recipeName, installationId: deps.installationId, ...here });
}
