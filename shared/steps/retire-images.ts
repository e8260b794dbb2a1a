import type { RecipeState } from "../image/recipe-state.ts";
import {
  DELETED_ELSEWHERE,
  planRemoval,
  type RemovalOp,
  type RemovalPlan,
  type RemovalSeen,
} from "../image/removal-plan.ts";
import { remove } from "../image/removal.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import { isNews, noteKeptImages } from "../image/kept-images.ts";
import { imageOf } from "../image/inventory.ts";
import { justRead } from "../image/read-image.ts";
import { sameSource } from "../image/retention.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";

interface Seen {
  recipeState: RecipeState;
  removal: RemovalSeen;
}

/** Longest wait for a delete. After that, the recipe's checks between runs watch it. */
const PATIENCE_MS = 60_000;

type Act = Pick<RemovalPlan, "ops" | "kept">;

/**
 * Deletes images in excess of `keep`: marks them for deletion, deletes them, and counts them as gone once GET answers
 * 404.
 */
export const retireImages = step<Seen, Act>({
  async observe(ctx: Ctx, run: Run) {
    const recipeState = await ctx.recipeState();
    return {
      recipeState,
      removal: await seeRemoval(ctx, recipeState, cloudOf(run), justRead(ctx)),
    };
  },
  decide,
  async perform(ctx, _run, { ops, kept }) {
    await ctx.changeRecipeState((recipeState) => noteKeptImages(recipeState, kept, ctx.now()));
    await remove(ctx, ops);
  },
});

export function decide(run: Run, { recipeState, removal }: Seen, nowMs: number): Decision<Act> {
  const plan = planRemoval(recipeState, removal, cloudOf(run), nowMs);
  const patient = nowMs - run.stepSinceMs < PATIENCE_MS;
  const { ops, kept } = plan;
  const deletesOnly = ops.length > 0 && ops.every((op) => op.kind === "delete");
  if (patient && (ops.length > 0 || isNews(recipeState, kept, nowMs))) {
    const gone = ops.flatMap((op) =>
      op.kind === "gone" && isOurs(recipeState, op) ? [op.id] : [],
    );
    return {
      kind: "act",
      act: { ops, kept },
      text: [...ops.map((op) => `${op.kind} ${op.id}`), ...kept.map(stays)].join(", "),
      set: gone.length === 0 ? {} : { imagesRetired: [...run.imagesRetired, ...gone] },
      // A delete is done when GET says 404, often at once.
      thenWaitSeconds: deletesOnly && nowMs - run.stepSinceMs > 2000 ? 3 : 0,
    };
  }
  if (plan.pending.length > 0 && patient)
    return { kind: "wait", seconds: 3, text: `${plan.pending.length} being deleted` };
  return {
    kind: "advance",
    to: "clean-up-snapshots",
    text: summary(run, recipeState, plan),
  };
}

const stays = ({ id, why }: { id: string; why: string }): string => `${id} stays: ${why}`;

/** True if the cloud confirmed Regild's delete. */
function isOurs(recipeState: RecipeState, { id }: RemovalOp): boolean {
  return imageOf(recipeState, id)?.deletedAtMs != null;
}

/** `2 old images deleted, 1 kept`, and why an image that should go is still there. */
function summary(run: Run, recipeState: RecipeState, { ops, pending, kept }: RemovalPlan): string {
  const current = imageOf(recipeState, recipeState.current ?? "")?.where;
  const retired = recipeState.images.filter(
    ({ state, where, revoked }) =>
      state === "retired" && revoked === null && sameSource(where, current),
  ).length;
  const deleted = run.imagesRetired.length;
  const beingDeleted = new Set([...pending, ...ops.map(({ id }) => id)]).size;
  const [first] = kept;
  const foundGone = recipeState.images.filter(
    ({ state, deletedAtMs, goneAtMs, promotedAtMs }) =>
      state === "gone" &&
      deletedAtMs === null &&
      promotedAtMs !== null &&
      (goneAtMs ?? 0) >= run.startedAtMs,
  );
  const byOthers = foundGone.filter(({ reason }) => reason === DELETED_ELSEWHERE).length;
  const already = foundGone.length - byOthers;
  return [
    deleted === 0 ? "no old images to delete" : `${deleted} old ${plural(deleted)} deleted`,
    ...(byOthers === 0 ? [] : [`${byOthers} had been deleted by somebody else`]),
    ...(already === 0 ? [] : [`${already} found to be gone already`]),
    ...(retired === 0 ? [] : [`${retired} kept`]),
    ...(beingDeleted === 0 ? [] : [`${beingDeleted} still being deleted`]),
    ...(first === undefined ? [] : [`not ${first.id}: ${first.why}`]),
  ].join(", ");
}

const plural = (count: number): string => (count === 1 ? "image" : "images");
