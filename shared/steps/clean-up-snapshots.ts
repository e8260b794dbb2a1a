import type { Part } from "../image/head.ts";
import { addParts } from "../image/ledger.ts";
import { findOrphans, orphanParts } from "../image/orphans.ts";
import {
  doomedParts,
  type PartPlan,
  type PartsSeen,
  planParts,
  removeParts,
  seeParts,
} from "../image/part-removal.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import { whereOf } from "../run/ledger-entries.ts";
import type { Run } from "../run/record.ts";

interface Seen {
  doomed: Part[];
  parts: PartsSeen;
  /** Of tries that failed half-way, before the one that made the image. */
  orphans: string[];
}

interface Act {
  orphans: string[];
  ops: PartPlan["ops"];
}

const PATIENCE_MS = 60_000;

/** Deletes the snapshots of images that are gone and the temporary things of captures, but none that any image still names. */
export const cleanUpSnapshots = step<Seen, Act>({
  async observe(ctx: Ctx, run: Run) {
    const head = await ctx.head();
    const doomed = doomedParts(head, cloudOf(run));
    const mayHaveOrphans = run.source?.volumeBacked === true && run.creationNames.length > 1;
    return {
      doomed,
      parts: await seeParts(ctx, doomed),
      orphans: mayHaveOrphans ? await findOrphans(ctx, head, run.creationNames) : [],
    };
  },
  decide,
  async perform(ctx, run, { orphans, ops }) {
    const where = whereOf(run);
    if (where !== null) {
      const parts = orphanParts(orphans, { run: run.id, where }, ctx.now());
      await ctx.changeHead((head) => addParts(head, parts));
    }
    await removeParts(ctx, ops);
  },
});

export function decide(run: Run, { doomed, parts, orphans }: Seen, nowMs: number): Decision<Act> {
  const plan = planParts(doomed, parts, nowMs);
  const patient = nowMs - run.stepSinceMs < PATIENCE_MS;
  const { ops } = plan;
  if (orphans.length > 0) {
    const text = `left by an earlier try: snapshot ${orphans.join(", ")}`;
    return { kind: "act", act: { orphans, ops: [] }, text };
  }
  if (ops.length > 0 && patient) {
    const gone = ops.filter((op) => op.kind === "gone" && op.part.kind === "snapshot").length;
    return {
      kind: "act",
      act: { orphans: [], ops },
      text: ops.map((op) => `${op.kind} ${op.part.kind} ${op.part.id}`).join(", "),
      set: gone === 0 ? {} : { snapshotsCleaned: run.snapshotsCleaned + gone },
      thenWaitSeconds: ops.some((op) => op.kind === "delete") ? 2 : 0,
    };
  }
  if (plan.pending.length > 0 && patient)
    return { kind: "wait", seconds: 3, text: `${plan.pending.length} being deleted` };
  const slow = [...ops.map(({ part }) => part.id), ...plan.pending];
  const kept = [...plan.kept, ...slow.map((id) => ({ id, why: SLOW }))];
  return { kind: "end", text: cleanedText(run, kept.length > 0), kept };
}

const SLOW = "the cloud has not deleted it yet";

function cleanedText({ snapshotsCleaned }: Run, isLeft: boolean): string {
  if (snapshotsCleaned === 0) return isLeft ? "nothing deleted" : "nothing left over";
  return `${snapshotsCleaned} ${snapshotsCleaned === 1 ? "snapshot" : "snapshots"} deleted`;
}
