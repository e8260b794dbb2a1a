import type { Head, Part } from "../image/head.ts";
import { addParts, doom, doomTemporaryParts, imageOf, register } from "../image/ledger.ts";
import { doomMade, findMade } from "../image/made.ts";
import { findOrphans, orphanParts } from "../image/orphans.ts";
import { type PartPlan, planParts, removeParts, seeParts } from "../image/part-removal.ts";
import { planRemoval, type RemovalOp, remove, seeRemoval } from "../image/removal.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import { candidateImage, lateTries, temporaryParts, whereOf } from "../run/ledger-entries.ts";
import type { Run } from "../run/record.ts";
import {
  cleared,
  restore,
  type RestoreAct,
  type Restoring,
  seeRestoring,
} from "../source/restore.ts";

interface Seen {
  head: Head;
  restoring: Restoring;
  /** Snapshots of a createImage that failed half-way: no image names them. */
  orphans: string[];
  /** What tries that were given up have made after all. */
  late: string[];
  images: RemovalOp[];
  parts: PartPlan["ops"];
  /** Things that are being deleted, or cannot be yet. */
  pending: string[];
  /** Parts that are not deleted now, and why. */
  kept: PartPlan["kept"];
  /** A volume's upload goes on after its image was deleted; until it ends, the volume is not free. */
  uploading: boolean;
}

type Act =
  | { kind: "doom" }
  | { kind: "doom-orphans"; ids: string[] }
  | RestoreAct
  | { kind: "remove"; images: RemovalOp[]; parts: PartPlan["ops"] };

/**
 * Undoes what the run did, each thing as soon as the cloud lets it: the source runs again, the candidate, its
 * snapshots and the temporary things go. What it cannot undo by deadline + grace is left to the ledger.
 */
export const abandon = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const nowMs = ctx.now();
  const head = await ctx.head();
  const nothing: Seen = {
    head,
    restoring: { kind: "done" },
    orphans: [],
    late: [],
    images: [],
    parts: [],
    pending: [],
    kept: [],
    uploading: false,
  };
  if (run.source === null) return nothing;
  const { source } = run;
  const restoring =
    source.kind === "server" && run.locked
      ? await seeRestoring(ctx, source.id, run.id)
      : nothing.restoring;
  if (!doomedAll(run, head, ctx.now())) return { ...nothing, restoring };
  const late: string[] = [];
  for (const t of lateTries(run, ctx.now())) {
    const made = await findMade(ctx, t);
    const known =
      made !== null &&
      (imageOf(head, made.id) !== undefined || head.parts.some((p) => p.id === made.id));
    if (made !== null && !known) late.push(made.id);
  }
  const here = cloudOf(run);
  const removal = planRemoval(head, await seeOwnRemoval(ctx, run, head), here, nowMs);
  const doomed = ownParts(run, head);
  const parts = planParts(doomed, await seeParts(ctx, doomed), nowMs);
  const upload = run.recipe.capture === "volume" && run.candidate !== null;
  return {
    head,
    restoring,
    orphans: source.volumeBacked ? await findOrphans(ctx, head, emptyNames(run, head)) : [],
    late,
    images: removal.ops,
    parts: parts.ops,
    pending: [...removal.pending, ...parts.pending],
    kept: parts.kept,
    uploading: upload && (await ctx.cloud.volumes.volume(source.id))?.status === "uploading",
  };
}

/** Only when this run has doomed images: between runs the recipe's own looks see to the others. */
async function seeOwnRemoval(ctx: Ctx, run: Run, head: Head) {
  const own = head.images.some((i) => i.run === run.id && i.state === "doomed");
  return own
    ? seeRemoval(ctx, head, cloudOf(run))
    : { images: new Map(), users: new Map(), unread: null };
}

/** An image that is not gone may name its snapshots, though a Glance that lags shows neither it nor them. */
function emptyNames({ candidate, creationNames }: Run, head: Head): string[] {
  const isGone = candidate === null || imageOf(head, candidate.id)?.state === "gone";
  return isGone ? creationNames : creationNames.filter((name) => name !== candidate.creationName);
}

function ownParts(run: Run, head: Head): Part[] {
  return head.parts.filter((p) => p.run === run.id && p.state === "doomed");
}

/** Everything this run has made is written down as doomed. */
function doomedAll(run: Run, head: Head, nowMs: number): boolean {
  const state = run.candidate === null ? "doomed" : imageOf(head, run.candidate.id)?.state;
  return (
    (state === "doomed" || state === "gone") &&
    addParts(head, temporaryParts(run, "doomed", nowMs)) === null &&
    doomTemporaryParts(head, run.id) === null
  );
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { head, restoring } = seen;
  const candidate = run.candidate === null ? undefined : imageOf(head, run.candidate.id);
  if (candidate?.state === "current" || candidate?.state === "retired") {
    return {
      kind: "advance",
      to: "promote-image",
      text: "promoted already: goes on",
      set: { promoted: true, failure: null, replacedImageId: candidate.replaces },
    };
  }
  if (!doomedAll(run, head, nowMs))
    return { kind: "act", act: { kind: "doom" }, text: "what this run made is to go" };
  if (restoring.kind === "start")
    return {
      kind: "act",
      act: restoring,
      text: "starts the server again",
      thenWaitSeconds: 3,
    };
  if (restoring.kind === "clear")
    return { kind: "act", act: restoring, ...cleared(restoring, nowMs) };
  const orphans = [...seen.orphans, ...seen.late];
  if (orphans.length > 0)
    return {
      kind: "act",
      act: { kind: "doom-orphans", ids: seen.orphans },
      text: `found ${orphans.join(", ")}, to go as well`,
    };
  const asked = seen.images.length + seen.parts.length;
  const gap = Math.max(3, Math.min(120, Math.round((nowMs - run.stepSinceMs) / 3000)));
  if (asked > 0) {
    const text = [
      ...seen.images.map((op) => `${op.kind} image ${op.id}`),
      ...seen.parts.map((op) => `${op.kind} ${op.part.kind} ${op.part.id}`),
    ].join(", ");
    const deletes =
      seen.images.every((op) => op.kind === "delete") &&
      seen.parts.every((op) => op.kind === "delete");
    return {
      kind: "act",
      act: { kind: "remove", images: seen.images, parts: seen.parts },
      text,
      thenWaitSeconds: deletes ? gap : 0,
    };
  }
  if (seen.pending.length > 0)
    return { kind: "wait", seconds: gap, text: `${seen.pending.length} being deleted` };
  if (seen.uploading) return { kind: "wait", seconds: gap, text: "the volume's upload is ending" };
  if (restoring.kind !== "done") return { kind: "wait", seconds: gap, text: restoring.text };
  return { kind: "end", text: "undone", kept: seen.kept };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const now = ctx.now();
  const where = whereOf(run);
  switch (act.kind) {
    case "doom": {
      const entry = candidateImage(run, now);
      if (entry !== null) {
        await ctx.changeHead((head) => register(head, entry));
        await ctx.changeHead((head) =>
          doom(head, entry.id, `its run failed: ${run.failure?.code ?? "unknown"}`, now),
        );
      }
      await ctx.changeHead((head) => addParts(head, temporaryParts(run, "doomed", now)));
      await ctx.changeHead((head) => doomTemporaryParts(head, run.id));
      return;
    }
    case "start":
    case "clear":
      return restore(ctx, run.source?.id ?? "", act);
    case "doom-orphans":
      if (where === null) return;
      await ctx.changeHead((head) =>
        addParts(head, orphanParts(act.ids, { run: run.id, where }, now)),
      );
      for (const t of lateTries(run, now)) {
        const made = await findMade(ctx, t);
        if (made !== null) await ctx.changeHead((head) => doomMade(head, made, t, now));
      }
      return;
    case "remove":
      await remove(ctx, act.images);
      await removeParts(ctx, act.parts);
  }
}
