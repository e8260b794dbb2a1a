import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { restore, seeRestoring } from "../source/restore.ts";
import { nextCheckAtMs, ownerCheckMs, type SourceItem } from "../source/item.ts";
import { type Actor, underWaySinceMs } from "./actor.ts";
import type { Deps } from "./step.ts";
import { contextFor } from "./session.ts";

const RETRY_MS = 60_000;
const STUCK_RETRY_MS = 15 * 60_000;

/**
 * Does a source's work between runs: starts a server that must run again, and releases a lock that outlived its run.
 * An active run does both by itself.
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
  const gapMs = isWatched ? await restorePending(deps, ctx, actor.doc) : 0;
  await ctx.changeSource(id, (s) => {
    if (s.owner !== owner) return null;
    const isOver = isLast && s.lateStopUntilMs === lateStopUntilMs;
    const released = { ...s, owner: null, lateStopUntilMs: isOver ? null : s.lateStopUntilMs };
    return { ...released, reconcileAtMs: nextCheckAtMs(released, deps.now(), gapMs) };
  });
}

/** @returns how long until the next try. */
async function restorePending(deps: Deps, ctx: Ctx, source: SourceItem): Promise<number> {
  const { id } = source;
  try {
    if (source.wishedPower === null) await noticeLateStop(ctx, id);
    const seen = await seeRestoring(ctx, id, source.owner);
    if (seen.kind === "start" || seen.kind === "clear") await restore(ctx, id, seen);
    if (seen.kind !== "done")
      deps.log.info("server to be started again", { server: id, seen: seen.kind });
    return seen.kind === "stuck" ? STUCK_RETRY_MS : RETRY_MS;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("server could not be started yet", { server: id, reason: error.message });
    return RETRY_MS;
  }
}

async function noticeLateStop(ctx: Ctx, id: string): Promise<void> {
  const server = await ctx.cloud.compute.server(id);
  if (server?.status !== "SHUTOFF") return;
  await ctx.changeSource(id, (s) =>
    s.owner === null ? { ...s, wishedPower: "ACTIVE", wishedAtMs: ctx.now() } : null,
  );
}
