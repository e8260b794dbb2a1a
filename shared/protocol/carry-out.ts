import type { Ctx } from "../context.ts";
import type { RecipeState, InventoryImage, PointerRequest } from "../image/recipe-state.ts";
import { imageOf } from "../image/inventory.ts";
import { carriedOut, earlierImages, type Fitness } from "../image/pointer.ts";
import type { Place } from "../image/removal-plan.ts";
import { isWaitingForApproval } from "../run/approval.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { load } from "./actor.ts";
import { fitnessOf } from "./fitness.ts";

/** Most requests, and images checked for each, per message. The next message does the rest. */
const MAX_CHECKS = 20;

/** Carries out people's requests, the oldest first: to go back to an earlier image, or to revoke one. */
export async function carryOut(own: Ctx, contextOf: (place: Place) => Ctx): Promise<void> {
  const fitness = new Map<string, Fitness>();
  for (let checks = 0; checks < MAX_CHECKS; checks++) {
    const recipeState = await own.recipeState();
    const [request] = recipeState.pointerRequests;
    if (request === undefined) return;
    const image = nextToLookAt(recipeState, request, fitness);
    if (image !== null) fitness.set(image.id, await fitnessOf(contextOf(image.where), image));
    const now = own.now();
    const after = await own.changeRecipeState((h) => carriedOut(h, request, fitness, now));
    if (after.barredRun !== null) await rouse(own, after.barredRun);
  }
}

/** Has the sweep send on a run that waits for approval: it cannot promote any more, and undoes itself. */
async function rouse(ctx: Ctx, runId: string): Promise<void> {
  const run = (await load(ctx.store, runKey(runId), runSchema))?.doc;
  if (run !== undefined && isWaitingForApproval(run))
    await ctx.store.mark(runKey(runId), { sweepAtMs: ctx.now() });
}

function nextToLookAt(
  recipeState: RecipeState,
  { kind, imageId }: PointerRequest,
  known: ReadonlyMap<string, Fitness>,
): InventoryImage | null {
  if (kind === "rollback" && imageId !== null) {
    const named = imageOf(recipeState, imageId);
    return named === undefined || known.has(imageId) ? null : named;
  }
  if (kind === "revoke" && recipeState.current !== imageId) return null;
  return earlierImages(recipeState).find(({ id }) => !known.has(id)) ?? null;
}
