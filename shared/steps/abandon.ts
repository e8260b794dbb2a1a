import { fenceAll } from "../image/fence.ts";
import type { RecipeState, LateAttempt, BackingResource } from "../image/recipe-state.ts";
import { addResources, markTemporaryForDeletion } from "../image/backing-resources.ts";
import { markForDeletion, imageOf } from "../image/inventory.ts";
import { markCreatedForDeletion, findCreated } from "../image/created.ts";
import { findOrphans, orphanResources } from "../image/orphans.ts";
import {
  opText,
  type ResourcePlan,
  planResources,
  removeResources,
} from "../image/resource-removal.ts";
import { seeResources } from "../image/resources-seen.ts";
import { planRemoval, type RemovalOp } from "../image/removal-plan.ts";
import { remove } from "../image/removal.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import {
  lateAttempts,
  lateAttemptsHere,
  temporaryResources,
  whereOf,
  withImages,
} from "../run/created-by-run.ts";
import { isWatchedByName } from "../run/intent.ts";
import { REPLACED } from "./encrypt-image.ts";
import type { Run } from "../run/record.ts";
import {
  cleared,
  restore,
  type RestoreAct,
  type Restoring,
  seeRestoringAll,
} from "../source/restore.ts";
import { LATE_STOP_MS } from "../source/item.ts";
import {
  actOf,
  putBack,
  type PutBackAct,
  seePutBack,
  type SeenPutBack,
  waitAfter,
} from "../source/put-back.ts";
import { noteDisk } from "../source/save-disk.ts";
import { serversOf } from "../source/servers.ts";

interface Seen {
  recipeState: RecipeState;
  restoring: Restoring;
  /** The disk that comes before the server is started. Null: none. */
  disk: SeenPutBack | null;
  /** Snapshots of a createImage that failed half-way. No image names them. */
  orphans: string[];
  /** Results of creates that were given up. */
  late: string[];
  /** Creates that were given up and whose image ids are not used up yet. */
  unfenced: LateAttempt[];
  images: RemovalOp[];
  resources: ResourcePlan["ops"];
  /** Resources that are being deleted, or cannot be deleted yet. */
  pending: string[];
  /** Resources that stay for now, and why. */
  kept: ResourcePlan["kept"];
  /** A volume's upload goes on after its image was deleted; until it ends, the volume is not free. */
  uploading: boolean;
}

type Act =
  | { kind: "mark-for-deletion" }
  | { kind: "mark-orphans"; ids: string[] }
  | { kind: "fence"; tries: LateAttempt[] }
  | RestoreAct
  | PutBackAct
  | { kind: "note-disk" }
  | { kind: "remove"; images: RemovalOp[]; resources: ResourcePlan["ops"] };

/**
 * Undoes the run: starts the source again, and deletes the candidate, its snapshots and the temporary resources, each as
 * soon as the cloud allows it. Leaves to the inventory what it cannot undo by deadline + grace.
 */
export const abandon = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const nowMs = ctx.now();
  const recipeState = await ctx.recipeState();
  const nothing: Seen = {
    recipeState,
    restoring: { kind: "done" },
    disk: null,
    orphans: [],
    late: [],
    unfenced: [],
    images: [],
    resources: [],
    pending: [],
    kept: [],
    uploading: false,
  };
  if (run.source === null) return nothing;
  const { source } = run;
  const restoring = run.locked
    ? await seeRestoringAll(ctx, serversOf(run), run.id)
    : nothing.restoring;
  const disk = run.locked ? await seePutBack(ctx, serversOf(run), run.id) : null;
  if (!isAllMarked(run, recipeState, ctx.now())) return { ...nothing, restoring, disk };
  const late: string[] = [];
  for (const t of lateAttemptsHere(run, ctx.now())) {
    const created = await findCreated(ctx, t);
    const known =
      created !== null &&
      (imageOf(recipeState, created.id) !== undefined ||
        recipeState.resources.some((p) => p.id === created.id));
    if (created !== null && !known) late.push(created.id);
  }
  const here = cloudOf(run);
  const removal = planRemoval(recipeState, await seeOwnRemoval(ctx, run, recipeState), here, nowMs);
  const deleting = ownResources(run, recipeState);
  const resources = planResources(deleting, await seeResources(ctx, deleting), nowMs);
  const upload = run.recipe.capture === "volume" && run.candidate !== null;
  return {
    recipeState,
    restoring,
    disk,
    orphans: source.volumeBacked
      ? await findOrphans(ctx, recipeState, emptyNames(run, recipeState))
      : [],
    late,
    unfenced: lateAttempts(run, nowMs).filter((t) => t.imageId !== null),
    images: removal.ops,
    resources: resources.ops,
    pending: [...removal.pending, ...resources.pending],
    kept: [...removal.kept, ...resources.kept],
    uploading: upload && (await ctx.cloud.volumes.volume(source.id))?.status === "uploading",
  };
}

/** Read only if this run's images are marked for deletion. Other images are deleted between runs. */
async function seeOwnRemoval(ctx: Ctx, run: Run, recipeState: RecipeState) {
  const own = recipeState.images.some((i) => i.run === run.id && i.state === "deleting");
  return own
    ? seeRemoval(ctx, recipeState, cloudOf(run))
    : { images: new Map(), copies: new Map(), users: new Map(), unread: null };
}

/**
 * Names whose snapshots no image names. Without the candidate's until it is gone: a lagging Glance may show neither
 * it nor them.
 */
function emptyNames({ candidate, creationNames }: Run, recipeState: RecipeState): string[] {
  const isGone = candidate === null || imageOf(recipeState, candidate.id)?.state === "gone";
  return isGone ? creationNames : creationNames.filter((name) => name !== candidate.creationName);
}

function ownResources(run: Run, recipeState: RecipeState): BackingResource[] {
  return recipeState.resources.filter((p) => p.run === run.id && p.state === "deleting");
}

/** Marks everything that this run has made for deletion. */
function isAllMarked(run: Run, recipeState: RecipeState, nowMs: number): boolean {
  const state = run.candidate === null ? "deleting" : imageOf(recipeState, run.candidate.id)?.state;
  const isPlainLeft = imageOf(recipeState, run.plainImage?.id ?? "")?.state === "candidate";
  return (
    (state === "deleting" || state === "gone") &&
    !isPlainLeft &&
    withImages(recipeState, run, nowMs) === null &&
    addResources(recipeState, temporaryResources(run, "deleting", nowMs)) === null &&
    markTemporaryForDeletion(recipeState, run.id) === null
  );
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { recipeState, restoring } = seen;
  const candidate = run.candidate === null ? undefined : imageOf(recipeState, run.candidate.id);
  if (candidate?.state === "current" || candidate?.state === "retired") {
    return {
      kind: "advance",
      to: "promote-image",
      text: "promoted already: goes on",
      set: { promoted: true, failure: null, replacedImageId: candidate.replaces },
    };
  }
  if (isHandedOn(run, recipeState))
    return { kind: "end", text: "undone", kept: knownReasons(run, recipeState) };
  if (!isAllMarked(run, recipeState, nowMs))
    return { kind: "act", act: { kind: "mark-for-deletion" }, text: "what this run made is to go" };
  if (run.savedDisk?.notedAtMs === null)
    return {
      kind: "act",
      act: { kind: "note-disk" },
      text: "the snapshot of the disk is to go",
      set: { savedDisk: { ...run.savedDisk, notedAtMs: nowMs } },
    };
  const diskAct = seen.disk === null ? null : actOf(seen.disk);
  // One of its own that came late would be newer than the snapshot that the disk is put back to.
  const isLate =
    seen.orphans.length + seen.late.length + seen.resources.length + seen.pending.length > 0;
  const isRevert = diskAct?.step.kind === "call" && diskAct.step.call === "revert";
  const putsBack =
    diskAct === null || (isRevert && isLate)
      ? null
      : {
          kind: "act" as const,
          act: diskAct,
          text: diskAct.step.text,
          thenWaitSeconds: waitAfter(diskAct),
        };
  // After a refusal, everything else has its turn before the next try.
  if (putsBack !== null && run.transientFailures === 0) return putsBack;
  // The server starts with its disk, or not at all.
  const isDiskBack = seen.disk === null || seen.disk.next.kind === "done";
  if (restoring.kind === "start" && isDiskBack)
    return {
      kind: "act",
      act: restoring,
      text: "starts the server again",
      thenWaitSeconds: 3,
    };
  if (restoring.kind === "clear" && isDiskBack)
    return { kind: "act", act: restoring, ...cleared(restoring, nowMs) };
  const orphans = [...seen.orphans, ...seen.late];
  if (orphans.length > 0)
    return {
      kind: "act",
      act: { kind: "mark-orphans", ids: seen.orphans },
      text: `found ${orphans.join(", ")}, to go as well`,
    };
  if (seen.unfenced.length > 0)
    return {
      kind: "act",
      act: { kind: "fence", tries: seen.unfenced },
      text: "image ids used up",
      set: { triedImageId: null, unansweredAttempts: stillWatched(run) },
    };
  const asked = seen.images.length + seen.resources.length;
  const gap = Math.max(3, Math.min(120, Math.round((nowMs - run.stepSinceMs) / 3000)));
  if (asked > 0) {
    const text = [
      ...seen.images.map((op) => `${op.kind} image ${op.id}`),
      ...seen.resources.map(opText),
    ].join(", ");
    const deletes =
      seen.images.every((op) => op.kind === "delete") &&
      seen.resources.every((op) => op.kind === "delete");
    return {
      kind: "act",
      act: { kind: "remove", images: seen.images, resources: seen.resources },
      text,
      thenWaitSeconds: deletes ? gap : 0,
    };
  }
  if (seen.pending.length > 0)
    return { kind: "wait", seconds: gap, text: `${seen.pending.length} being deleted` };
  if (seen.uploading) return { kind: "wait", seconds: gap, text: "the volume's upload is ending" };
  if (putsBack !== null) return putsBack;
  if (seen.disk !== null && "text" in seen.disk.next)
    return { kind: "wait", seconds: gap, text: seen.disk.next.text };
  if (restoring.kind === "wait" || restoring.kind === "stuck")
    return { kind: "wait", seconds: gap, text: restoring.text };
  return { kind: "end", text: "undone", kept: seen.kept };
}

/**
 * True if the run has released the recipe, and only its record is still to be closed. What it made is the inventory's
 * since then, which forgets what is gone: marked once more, it would be found gone once more, again and again.
 */
function isHandedOn({ id, seq }: Run, { activeRun }: RecipeState): boolean {
  return seq > 0 && activeRun !== id;
}

function knownReasons(run: Run, recipeState: RecipeState): Array<{ id: string; why: string }> {
  return ownResources(run, recipeState).flatMap(({ id, why }) => (why === null ? [] : { id, why }));
}

/** Once fenced. A cloud that is not known to keep ids may make another image. */
function stillWatched(run: Run): Run["unansweredAttempts"] {
  return run.unansweredAttempts
    .filter((t) => !t.isRepeatable || isWatchedByName(run, t.kind))
    .map((t) => ({ ...t, imageId: null, isRepeatable: false }));
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const now = ctx.now();
  const where = whereOf(run);
  switch (act.kind) {
    case "mark-for-deletion": {
      const { candidate } = run;
      if (candidate !== null) {
        await ctx.changeRecipeState((recipeState) => withImages(recipeState, run, now));
        await ctx.changeRecipeState((recipeState) =>
          markForDeletion(
            recipeState,
            candidate.id,
            `its run failed: ${run.failure?.code ?? "unknown"}`,
            now,
          ),
        );
      }
      await ctx.changeRecipeState((recipeState) =>
        markForDeletion(recipeState, run.plainImage?.id ?? "", REPLACED, now),
      );
      await ctx.changeRecipeState((recipeState) =>
        addResources(recipeState, temporaryResources(run, "deleting", now)),
      );
      await ctx.changeRecipeState((recipeState) => markTemporaryForDeletion(recipeState, run.id));
      return;
    }
    case "note-disk":
      if (run.savedDisk !== null) await noteDisk(ctx, run, run.savedDisk.id);
      return;
    case "put-back":
      return putBack(ctx, act);
    case "start":
    case "clear":
      if (act.kind === "clear") await reckonWithLatePowerOff(ctx, run, act.serverId);
      return restore(ctx, act);
    case "mark-orphans":
      if (where === null) return;
      await ctx.changeRecipeState((recipeState) =>
        addResources(recipeState, orphanResources(act.ids, { run: run.id, where }, now)),
      );
      for (const t of lateAttemptsHere(run, now)) {
        const created = await findCreated(ctx, t);
        if (created !== null)
          await ctx.changeRecipeState((recipeState) =>
            markCreatedForDeletion(recipeState, created, t, now),
          );
      }
      return;
    case "fence":
      return fenceAll(ctx, act.tries);
    case "remove":
      await remove(ctx, act.images);
      await removeResources(ctx, act.resources);
  }
}

/** A guest that was waited for may power itself off after its run: its server is watched as after a late stop. */
async function reckonWithLatePowerOff(ctx: Ctx, run: Run, serverId: string): Promise<void> {
  if (run.recipe.prepare.waitForShutoffMs === null || run.stoppedAtMs !== null) return;
  const lateStopUntilMs = ctx.now() + LATE_STOP_MS;
  await ctx.changeSource(serverId, (s) => (s.owner === run.id ? { ...s, lateStopUntilMs } : null));
}
