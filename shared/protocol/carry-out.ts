import type { Ctx } from "../context.ts";
import type { RecipeState, InventoryImage, PointerRequest } from "../image/recipe-state.ts";
import { imageOf } from "../image/inventory.ts";
import { carriedOut, earlierImages, type Fitness } from "../image/pointer.ts";
import type { Place } from "../image/removal.ts";
import { CloudError } from "../openstack/errors.ts";
import { isWaitingForApproval } from "../run/approval.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { handedOn } from "../source/resolve.ts";
import { load } from "./actor.ts";

/** Requests, and images to look at for each, in one message; the rest follows with the next one. */
const MAX_CHECKS = 20;

/** Carries out what people asked for: go back to an earlier image, or revoke one. The oldest request goes first. */
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

/** A run that waits for its approval cannot promote any more: the sweep sends it on, and it undoes itself. */
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

/** Whether servers can boot from the image: it is there and active, its zone took it over, its snapshots are there. */
async function fitnessOf(ctx: Ctx, { id, run }: InventoryImage): Promise<Fitness> {
  try {
    const image = await ctx.cloud.images.image(id);
    if (image === null) return bad("the cloud does not have it");
    if (image.status !== "active") return bad(`it is ${image.status}`);
    const source = (await load(ctx.store, runKey(run), runSchema))?.doc.source ?? null;
    const reported = Object.entries(handedOn(image.properties));
    const [reason] = reported.filter(([key, value]) => source?.inherited[key] !== value);
    if (source !== null && reason !== undefined) return bad(`not synchronised: ${reason[1]}`);
    for (const snapshotId of image.snapshotIds) {
      const snapshot = await ctx.cloud.volumes.snapshot(snapshotId);
      if (snapshot?.status !== "available")
        return bad(`its snapshot ${snapshotId} is ${snapshot?.status ?? "gone"}`);
    }
    return { kind: "good" };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return { kind: "unknown", why: `the cloud did not answer: ${error.message}` };
  }
}

function bad(why: string): Fitness {
  return { kind: "bad", why };
}
