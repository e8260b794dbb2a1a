import type { Head } from "../image/head.ts";
import {
  planRemoval,
  type RemovalOp,
  type RemovalPlan,
  type RemovalSeen,
  remove,
  seeRemoval,
} from "../image/removal.ts";
import { imageOf, sameSource } from "../image/ledger.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";

interface Seen {
  head: Head;
  removal: RemovalSeen;
}

/** A delete that takes longer is left to the recipe's own looks between runs. */
const PATIENCE_MS = 60_000;

/** Deletes what the recipe keeps no longer: written down as doomed first, deleted, and gone when GET says 404. */
export const retireImages = step<Seen, RemovalOp[]>({
  async observe(ctx: Ctx, run: Run) {
    const head = await ctx.head();
    return { head, removal: await seeRemoval(ctx, head, cloudOf(run)) };
  },
  decide,
  perform: (ctx, _run, ops) => remove(ctx, ops),
});

export function decide(run: Run, { head, removal }: Seen, nowMs: number): Decision<RemovalOp[]> {
  const plan = planRemoval(head, removal, cloudOf(run), nowMs);
  const patient = nowMs - run.stepSinceMs < PATIENCE_MS;
  const { ops } = plan;
  const deletesOnly = ops.every((op) => op.kind === "delete");
  if (ops.length > 0 && patient) {
    const gone = ops.flatMap((op) => (op.kind === "gone" ? [op.id] : []));
    return {
      kind: "act",
      act: ops,
      text: ops.map((op) => `${op.kind} ${op.id}`).join(", "),
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
    text: summary(run, head, plan),
  };
}

/** `2 old images deleted, 1 kept`, and why an image that should go is still there. */
function summary(run: Run, head: Head, { ops, pending, kept }: RemovalPlan): string {
  const current = imageOf(head, head.current ?? "")?.where;
  const retired = head.images.filter(
    ({ state, where }) => state === "retired" && sameSource(where, current),
  ).length;
  const deleted = run.imagesRetired.length;
  const beingDeleted = new Set([...pending, ...ops.map(({ id }) => id)]).size;
  const [first] = kept;
  return [
    deleted === 0 ? "no old images to delete" : `${deleted} old ${plural(deleted)} deleted`,
    ...(retired === 0 ? [] : [`${retired} kept`]),
    ...(beingDeleted === 0 ? [] : [`${beingDeleted} still being deleted`]),
    ...(first === undefined ? [] : [`not ${first.id}: ${first.why}`]),
  ].join(", ");
}

const plural = (count: number): string => (count === 1 ? "image" : "images");
