import { faultOfCurrent } from "../image/current-check.ts";
import { imageOf } from "../image/inventory.ts";
import { pauseAt } from "../image/pause.ts";
import { carriedOut, earlierImages } from "../image/pointer.ts";
import type { InventoryImage, PointerRequest, RecipeState } from "../image/recipe-state.ts";
import { SYNC_FAILED } from "../image/verdict.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import type { Ctx } from "../context.ts";
import { load } from "./actor.ts";
import { fitnessOf } from "./fitness.ts";
import { start } from "./start.ts";
import type { Deps } from "./step.ts";

/** Who goes back, in the record and in events. */
const BY_CHECK = "the check of the current image";

/**
 * The current image has a confirmed fault: the nearest earlier image that is good in each zone, its own and the current
 * one's, becomes current again. Nothing changes if none is.
 * @returns null: none is known to be good, and one could not be asked about. The next check asks again.
 */
export async function goBack(
  ctx: Ctx,
  recipeState: RecipeState,
  current: InventoryImage,
): Promise<RecipeState | null> {
  let isUnknown = false;
  for (const earlier of earlierImages(recipeState)) {
    const ofCurrent = current.zones.map((zone) => ({ ...zone, imageId: undefined }));
    const zones = [...ofCurrent, ...earlier.zones];
    const { kind } = await fitnessOf(ctx, { ...earlier, zones });
    isUnknown ||= kind === "unknown";
    if (kind !== "good") continue;
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
    return ctx.changeRecipeState((now) => goneBack(now, request, ctx.now()));
  }
  return isUnknown ? null : recipeState;
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

/** If the worker stopped before the start, the next check starts the run. After this time, the schedule does. */
const START_WITHIN_MS = 24 * 3_600_000;

/**
 * Starts one new run in place of an image that the check has left, or of one that failed and has no image before it. Its
 * trigger names the faulty image, so a repeated check starts no second one. A run that was started here is not followed
 * by another: a cloud that fails each time would be kept busy for ever.
 */
export async function startAnew(deps: Deps, recipeState: RecipeState): Promise<void> {
  const left = leftByCheck(recipeState, deps.now());
  if (left === undefined || pauseAt(recipeState, deps.now()) !== null) return;
  const run = await load(deps.store, runKey(left.run), runSchema);
  if (run === null || run.doc.trigger.by === BY_CHECK) return;
  const trigger = { kind: "schedule" as const, by: BY_CHECK, id: `check ${left.id}` };
  await start(deps, recipeState.installationId, run.doc.recipe, trigger);
}

function leftByCheck(recipeState: RecipeState, nowMs: number): InventoryImage | undefined {
  if (faultOfCurrent(recipeState)?.status === SYNC_FAILED)
    return imageOf(recipeState, recipeState.current ?? "");
  const last = recipeState.pointerChanges.at(-1);
  const isByCheck = last?.kind === "rolled-back" && last.by === BY_CHECK;
  if (!isByCheck || nowMs - last.atMs >= START_WITHIN_MS) return undefined;
  return imageOf(recipeState, last.from ?? "");
}
