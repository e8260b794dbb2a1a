import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { restore, seeRestoring } from "../source/restore.ts";
import { nextCheckAtMs, ownerCheckMs, type SourceItem } from "../source/item.ts";
import { type Actor, underWaySinceMs } from "./actor.ts";
import type { Deps } from "./step.ts";
import { decideRemoval, removeImageId } from "../source/image-id.ts";
import { actOf, putBack, seePutBack } from "../source/put-back.ts";
import { installationIdOf } from "./installation-id.ts";
import { contextFor } from "./session.ts";

const RETRY_MS = 60_000;
const STUCK_RETRY_MS = 15 * 60_000;

/**
 * Does a source's work between runs: starts a server that must run again, takes an image id off a volume, and releases a
 * lock that outlived its run. An active run does that by itself.
 */
export async function reconcileSource(deps: Deps, actor: Actor<SourceItem>): Promise<void> {
  const { id, cloud, region, owner, wishedPower, lateStopUntilMs } = actor.doc;
  const ctx = contextFor(deps, { recipeName: "", installationId: "", cloud, region });
  const ownerSinceMs = owner === null ? null : await underWaySinceMs(deps.store, owner);
  if (ownerSinceMs !== null) {
    const reconcileAtMs = deps.now() + ownerCheckMs(deps.now() - ownerSinceMs);
    await ctx.changeSource(id, (s) => (s.owner === owner ? { ...s, reconcileAtMs } : null));
    return;
  }
  const isWatched = wishedPower !== null || lateStopUntilMs !== null;
  const isLast = lateStopUntilMs !== null && deps.now() >= lateStopUntilMs;
  const recipeName = actor.doc.savedDisk?.recipeName ?? "";
  const installationId = recipeName === "" ? "" : await installationIdOf(deps);
  const ofRecipe = contextFor(deps, { recipeName, installationId, cloud, region });
  const disk = await putBackPending(deps, ofRecipe, id, owner);
  const power =
    isWatched && disk.isBack
      ? await restorePending(deps, ctx, actor.doc)
      : { isSeen: disk.isBack, gapMs: 0 };
  const gapMs = Math.max(disk.gapMs, power.gapMs, await removeGivenImageId(deps, ctx, id));
  await ctx.changeSource(id, (s) => {
    if (s.owner !== owner) return null;
    const isOver = isLast && power.isSeen && s.lateStopUntilMs === lateStopUntilMs;
    const released = { ...s, owner: null, lateStopUntilMs: isOver ? null : s.lateStopUntilMs };
    return { ...released, reconcileAtMs: nextCheckAtMs(released, deps.now(), gapMs) };
  });
}

/** Most steps of putting a disk back per message. The next message does the rest. */
const MAX_STEPS = 6;
const STEP_GAP_MS = 5_000;

/** A volume may stay `detaching` for ever. Of a server that was found off, nobody knows how long it has been. */
function stepGapMs(source: SourceItem | null, nowMs: number): number {
  const sinceMs = source?.wishedAtMs == null ? 20 * RETRY_MS : nowMs - source.wishedAtMs;
  return Math.min(Math.max(STEP_GAP_MS, Math.ceil(sinceMs / 20)), STUCK_RETRY_MS);
}

/** A server is started with its disk, or not at all. */
async function putBackPending(
  deps: Deps,
  ctx: Ctx,
  id: string,
  owner: string | null,
): Promise<{ isBack: boolean; gapMs: number }> {
  try {
    for (let step = 0; step < MAX_STEPS; step++) {
      const seen = await seePutBack(ctx, [{ id }], owner);
      if (seen === null || seen.next.kind === "done") return { isBack: true, gapMs: 0 };
      deps.log.info("disk to be put back", {
        server: id,
        volume: seen.saved.volumeId,
        ...seen.next,
      });
      if (seen.next.kind === "stuck") return { isBack: false, gapMs: STUCK_RETRY_MS };
      const act = actOf(seen);
      if (act === null) break;
      await putBack(ctx, act);
    }
    return { isBack: false, gapMs: stepGapMs(await ctx.source(id), deps.now()) };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("disk could not be put back yet", { server: id, reason: error.message });
    return { isBack: false, gapMs: error.kind === "refused" ? STUCK_RETRY_MS : RETRY_MS };
  }
}

/** Whether the cloud has shown the server, and how long until the next try. */
interface PowerCheck {
  isSeen: boolean;
  gapMs: number;
}

async function restorePending(deps: Deps, ctx: Ctx, source: SourceItem): Promise<PowerCheck> {
  const { id } = source;
  try {
    if (source.wishedPower === null) await noticeLateStop(ctx, id);
    const seen = await seeRestoring(ctx, id, source.owner);
    if (seen.kind === "start" || seen.kind === "clear") await restore(ctx, seen);
    if (seen.kind !== "done")
      deps.log.info("server to be started again", { server: id, seen: seen.kind });
    return { isSeen: true, gapMs: seen.kind === "stuck" ? STUCK_RETRY_MS : RETRY_MS };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("server could not be started yet", { server: id, reason: error.message });
    return { isSeen: false, gapMs: RETRY_MS };
  }
}

/** An upload may never end. */
function uploadingGapMs(sinceMs: number): number {
  return Math.min(Math.max(Math.ceil(sinceMs / 2), RETRY_MS), STUCK_RETRY_MS);
}

/** @returns how long until the next try; 0: nothing is left. */
async function removeGivenImageId(deps: Deps, ctx: Ctx, id: string): Promise<number> {
  const source = await ctx.source(id);
  if (decideRemoval(source, null, deps.now()) !== "forget") return 0;
  try {
    const nowMs = deps.now();
    const removal = decideRemoval(source, await ctx.cloud.volumes.volume(id), nowMs);
    if (removal === "remove" || removal === "forget") await removeImageId(ctx, id, removal);
    return removal === "wait"
      ? uploadingGapMs(nowMs - (source?.givenImageId?.busyUntilMs ?? 0))
      : 0;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("the image id could not be taken off the volume yet", {
      volume: id,
      reason: error.message,
    });
    return error.kind === "refused" ? STUCK_RETRY_MS : RETRY_MS;
  }
}

async function noticeLateStop(ctx: Ctx, id: string): Promise<void> {
  const server = await ctx.cloud.compute.server(id);
  if (server?.status !== "SHUTOFF") return;
  await ctx.changeSource(id, (s) =>
    s.owner === null ? { ...s, wishedPower: "ACTIVE", wishedAtMs: ctx.now() } : null,
  );
}
