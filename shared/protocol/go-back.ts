import { faultOfCurrent } from "../image/current-check.ts";
import { carriedOut, earlierImages } from "../image/pointer.ts";
import type { InventoryImage, PointerRequest, RecipeState } from "../image/recipe-state.ts";
import type { Ctx } from "../context.ts";
import { fitnessOf } from "./fitness.ts";

/** Who goes back, in the record and in events. */
const BY_CHECK = "the check of the current image";

/**
 * The current image has a confirmed fault: the nearest earlier image that is good in each zone, its own and the current
 * one's, becomes current again. Nothing changes if none is.
 */
export async function goBack(
  ctx: Ctx,
  recipeState: RecipeState,
  current: InventoryImage,
): Promise<void> {
  for (const earlier of earlierImages(recipeState)) {
    const zones = [...earlier.zones, ...current.zones];
    if ((await fitnessOf(ctx, { ...earlier, zones })).kind !== "good") continue;
    const { status, why } = faultOfCurrent(recipeState) ?? {};
    const request: PointerRequest = {
      id: `check-${current.id}`,
      kind: "rollback",
      from: current.id,
      imageId: earlier.id,
      by: BY_CHECK,
      reason: [status, why].filter((part) => part != null).join(": "),
      atMs: ctx.now(),
    };
    await ctx.changeRecipeState((now) => goneBack(now, request, ctx.now()));
    return;
  }
}

/** Null: a run, or a person, has come in between, or the image is good again. */
function goneBack(
  recipeState: RecipeState,
  request: PointerRequest,
  nowMs: number,
): RecipeState | null {
  if (recipeState.activeRun !== null || recipeState.pointerRequests.length > 0) return null;
  if (faultOfCurrent(recipeState) === null) return null;
  const good = new Map([[request.imageId ?? "", { kind: "good" as const }]]);
  return carriedOut({ ...recipeState, pointerRequests: [request] }, request, good, nowMs);
}
