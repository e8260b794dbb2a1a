import type { Head } from "../image/head.ts";
import {
  planRemoval,
  type RemovalOp,
  type RemovalSeen,
  remove,
  seeRemoval,
} from "../image/removal.ts";
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
    text:
      plan.kept[0] === undefined
        ? "nothing else is beyond keep"
        : `kept: ${plan.kept[0].id}, ${plan.kept[0].why}`,
  };
}
