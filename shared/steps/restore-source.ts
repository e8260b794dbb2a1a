import { markTemporaryForDeletion } from "../image/backing-resources.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Ctx } from "../context.ts";
import type { Server, Volume } from "../cloud-ports.ts";
import { type Decision, step } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";
import {
  cleared,
  decideRestore,
  ownWish,
  restore,
  type RestoreAct,
  type Restoring,
  seeRestoringAll,
} from "../source/restore.ts";
import {
  actOf,
  putBack,
  type PutBackAct,
  seePutBack,
  type SeenPutBack,
  waitAfter,
} from "../source/put-back.ts";
import { serversOf } from "../source/servers.ts";
import { isDistributed } from "../image/distribution.ts";
import { decideRemoval, type Removal, removeImageId } from "../source/image-id.ts";
import { byHand } from "../source/saved-disk.ts";
import { afterUpload } from "../source/state.ts";
import { sourceOf } from "./creations.ts";
import { sourceGone } from "./source-gone.ts";

interface Seen {
  recipeState: RecipeState;
  /** Null: 404. */
  source: Server | Volume | null;
  restoring: Restoring;
  /** The disk that comes before the server is started. Null: none. */
  disk: SeenPutBack | null;
  /** Of the image id that the run wrote on the volume. */
  removal: Removal;
}

type Act =
  | RestoreAct
  | PutBackAct
  | { kind: "mark-temporary" }
  | { kind: "remove-image-id"; removal: "remove" | "forget" };

/**
 * Brings the source back into the state in which it was found, after the image has its content. If somebody deleted the
 * source meanwhile, the image is not promoted and the current one stays: the reason for the delete is unknown.
 */
export const restoreSource = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { kind, id } = sourceOf(run);
  const recipeState = await ctx.recipeState();
  if (kind === "volume") {
    const nowMs = ctx.now();
    const item = await ctx.source(id);
    const volume = await ctx.cloud.volumes.volume(id);
    const removal = decideRemoval(item, volume, nowMs);
    const disk = await seePutBack(ctx, serversOf(run), run.id);
    const restoring = await seeRestoringAll(ctx, serversOf(run), run.id);
    return { recipeState, source: volume, restoring, disk, removal };
  }
  // Reads the wish before the server: an earlier state of the server says nothing about a later wish.
  const wish = await ownWish(ctx, id, run.id);
  const server = await ctx.cloud.compute.server(id);
  const restoring = decideRestore(wish, server);
  const disk = await seePutBack(ctx, serversOf(run), run.id);
  return { recipeState, source: server, restoring, disk, removal: "none" };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  if (markTemporaryForDeletion(seen.recipeState, run.id) !== null) {
    return {
      kind: "act",
      act: { kind: "mark-temporary" },
      text: "the temporary snapshot and volume are to go",
    };
  }
  if (seen.source === null) return sourceGone(run);
  // The volume's status changes later than the image's.
  if (seen.source.status === "uploading")
    return { kind: "wait", seconds: 2, text: "volume uploading" };
  const disk = decideDisk(seen.disk);
  if (disk !== null) return disk;
  const { restoring, removal } = seen;
  if (restoring.kind !== "start" && (removal === "remove" || removal === "forget"))
    return {
      kind: "act",
      act: { kind: "remove-image-id", removal },
      text: "the volume asks for no image id any more",
    };
  switch (restoring.kind) {
    case "start":
      return {
        kind: "act",
        act: restoring,
        text: startsText(run, restoring.serverId),
        thenWaitSeconds: 3,
      };
    case "clear":
      return { kind: "act", act: restoring, ...cleared(restoring, nowMs) };
    case "wait":
      return { kind: "wait", seconds: 5, text: restoring.text };
    case "stuck":
      return {
        kind: "fail",
        code: "source-not-restored",
        message: `The server does not run again: ${restoring.text}`,
        remedy: `Fix the server (openstack server show ${restoring.serverId}); Regild goes on trying to start it`,
      };
    case "done":
      return {
        kind: "advance",
        to: isDistributed(run.recipe) ? "distribute" : "validate-sync",
        text: restoredText(run),
        ...noted(run, seen.source),
      };
  }
}

/** Null: the server may start. */
function decideDisk(disk: SeenPutBack | null): Decision<Act> | null {
  if (disk === null) return null;
  const { next, saved, serverId } = disk;
  const act = actOf(disk);
  if (act !== null)
    return { kind: "act", act, text: act.step.text, thenWaitSeconds: waitAfter(act) };
  if (next.kind === "wait") return { kind: "wait", seconds: 3, text: next.text };
  if (next.kind !== "stuck") return null;
  return {
    kind: "fail",
    code: "disk-not-restored",
    message: `The disk is not as it was: ${next.text}`,
    remedy: byHand(saved, serverId),
  };
}

/** What the source shows after the upload. */
function noted({ sourceState: before, recipe, candidate }: Run, source: Server | Volume) {
  if (before === null) return {};
  const activeAtMs = candidate?.activeAtMs ?? null;
  return { set: { sourceState: afterUpload(before, recipe, source, activeAtMs) } };
}

function startsText(run: Run, serverId: string): string {
  return `starts ${serversOf(run).find(({ id }) => id === serverId)?.name ?? serverId} again`;
}

function restoredText(run: Run): string {
  if (run.stoppedAtMs === null || run.restoredAtMs === null) return "source as it was found";
  return `ACTIVE again, was down ${Math.round((run.restoredAtMs - run.stoppedAtMs) / 1000)} s`;
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  if (act.kind === "put-back") await putBack(ctx, act);
  else if (act.kind === "remove-image-id") await removeImageId(ctx, sourceOf(run).id, act.removal);
  else if (act.kind === "mark-temporary")
    await ctx.changeRecipeState((recipeState) => markTemporaryForDeletion(recipeState, run.id));
  else await restore(ctx, act);
}
