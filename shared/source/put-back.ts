import type { Ctx } from "../context.ts";
import { addResources, newResource } from "../image/backing-resources.ts";
import { CloudError } from "../openstack/errors.ts";
import { settleMs } from "../run/intent.ts";
import { LATE_STOP_MS, reckonedWithStop, type SourceItem } from "./item.ts";
import { decidePutBack, type PutBack, type PutBackCall, type SavedDisk } from "./saved-disk.ts";

/** A step of putting a disk back that needs a call or a write. */
export type PutBackAct = {
  kind: "put-back";
  serverId: string;
  /** As it was observed: nothing is done for another one. */
  saved: SavedDisk;
  step: Exclude<PutBack, { kind: "done" | "wait" | "stuck" }>;
};

/** What is to be done next, and for which disk: the first that is not done. Null: no server has one to put back. */
export interface SeenPutBack {
  serverId: string;
  saved: SavedDisk;
  next: PutBack;
}

export async function seePutBack(
  ctx: Ctx,
  servers: ReadonlyArray<{ id: string }>,
  owner: string | null,
): Promise<SeenPutBack | null> {
  let done: SeenPutBack | null = null;
  for (const { id } of servers) {
    const item = await ctx.source(id);
    if (item?.owner !== owner || item.savedDisk === null) continue;
    const saved = item.savedDisk;
    const nowMs = ctx.now();
    const { volumes, compute } = ctx.cloud;
    // The volume is read first: a server that was started since then does not have it.
    const volume = await volumes.volume(saved.volumeId);
    const seen = {
      volume,
      snapshot: await volumes.snapshot(saved.snapshotId),
      server: await compute.server(id),
    };
    const next = decidePutBack(saved, seen, {
      serverId: id,
      nowMs,
      settleMs: settleMs(ctx.timing),
    });
    if (next.kind !== "done") return { serverId: id, saved, next };
    done ??= { serverId: id, saved, next };
  }
  return done;
}

/** Null: there is nothing to do but to wait. */
export function actOf({ serverId, saved, next }: SeenPutBack): PutBackAct | null {
  if (next.kind === "done" || next.kind === "wait" || next.kind === "stuck") return null;
  return { kind: "put-back", serverId, saved, step: next };
}

/** Seconds until the cloud shows what the step has changed. */
export function waitAfter({ step }: PutBackAct): number {
  return step.kind === "call" ? 2 : 0;
}

export async function putBack(ctx: Ctx, { serverId, saved, step }: PutBackAct): Promise<void> {
  switch (step.kind) {
    case "call":
      return announced(ctx, serverId, saved, step.call);
    case "stage":
      await change(ctx, serverId, saved, (now) => ({ ...now, stage: step.to }));
      return;
    case "clear":
      await reckonWithOpen(ctx, serverId, saved);
      if (saved.stage !== "watched") await handOverSnapshot(ctx, serverId, saved);
      await change(ctx, serverId, saved, (now) => afterwards(now, ctx.now()));
  }
}

/** To an inventory, which deletes it once nothing names it. Any recipe's will do. */
async function handOverSnapshot(ctx: Ctx, serverId: string, saved: SavedDisk): Promise<void> {
  const item = await ctx.source(serverId);
  if (item?.savedDisk == null || !isSame(item.savedDisk, saved)) return;
  const { run, projectId, sourceId, snapshotId: id } = saved;
  const where = { cloud: item.cloud, region: item.region, projectId, sourceId };
  const made = { kind: "snapshot" as const, id, run, imageId: null, where };
  await ctx.changeRecipeState((recipeState) =>
    addResources(recipeState, [newResource({ ...made, state: "deleting" }, ctx.now())]),
  );
}

/** A detach that may still come is reckoned with, as long as there is something to attach. */
function afterwards(saved: SavedDisk, nowMs: number): SavedDisk | null {
  const { stage, lateDetachUntilMs: untilMs } = saved;
  return stage !== "watched" && untilMs !== null && nowMs < untilMs
    ? { ...saved, stage: "watched" }
    : null;
}

/** Writes down which call is made next, makes it, and writes down that it was answered. */
async function announced(
  ctx: Ctx,
  serverId: string,
  saved: SavedDisk,
  kind: PutBackCall,
): Promise<void> {
  await ctx.cloud.authenticate(kind === "revert" ? "volume" : "compute");
  const atMs = ctx.now();
  const call = { id: ctx.ids.short(), kind, atMs };
  await reckonWithOpen(ctx, serverId, saved);
  const noted = await change(ctx, serverId, saved, (now) => ({
    ...now,
    call,
    calls: now.calls + 1,
  }));
  if (noted?.call?.id !== call.id || ctx.now() > atMs + ctx.timing.windowMs) return;
  const mine: SavedDisk = { ...saved, call, calls: saved.calls + 1 };
  try {
    await send(ctx, serverId, saved, kind);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === "unanswered") await reckonWithLate(ctx, serverId, mine, kind);
    else await change(ctx, serverId, mine, (now) => ({ ...now, call: null }));
    throw kind === "revert" ? withRemedy(error, saved) : error;
  }
  const stage = kind === "revert" ? ("reverted" as const) : saved.stage;
  await change(ctx, serverId, mine, (now) => ({ ...now, call: null, stage }));
}

function send(ctx: Ctx, serverId: string, saved: SavedDisk, kind: PutBackCall): Promise<void> {
  const { compute, volumes } = ctx.cloud;
  const { volumeId, device, tag, deleteOnTermination } = saved;
  switch (kind) {
    case "start":
      return compute.start(serverId);
    case "stop":
      return compute.stop(serverId);
    case "detach":
      return compute.detach(serverId, volumeId);
    case "revert":
      return volumes.revert(volumeId, saved.snapshotId);
    case "attach":
      return compute.attach(serverId, volumeId, { device, tag, deleteOnTermination });
  }
}

/** Its worker has died, or sleeps: nobody knows whether the call was sent, and when it arrives. */
async function reckonWithOpen(ctx: Ctx, serverId: string, saved: SavedDisk): Promise<void> {
  if (saved.call !== null) await reckonWithLate(ctx, serverId, saved, saved.call.kind);
}

async function reckonWithLate(
  ctx: Ctx,
  serverId: string,
  saved: SavedDisk,
  kind: PutBackCall,
): Promise<void> {
  const untilMs = ctx.now() + LATE_STOP_MS;
  if (kind === "stop") await ctx.changeSource(serverId, (s) => reckonedWithStop(s, untilMs));
  if (kind === "detach")
    await change(ctx, serverId, saved, (now) => ({ ...now, lateDetachUntilMs: untilMs }));
}

function withRemedy(error: CloudError, { volumeId }: SavedDisk): CloudError {
  if (error.code !== "invalid-request") return error;
  const remedy = `Cinder goes back to the newest snapshot only. Delete those that were made since (openstack volume snapshot list --volume ${volumeId})`;
  return new CloudError(`${error.message}. ${remedy}`, {
    kind: "refused",
    code: "invalid-request",
    call: error.call,
    cause: error,
  });
}

/** Changes the record only if it is still the one that was observed. @returns the saved disk as it stands afterwards. */
async function change(
  ctx: Ctx,
  serverId: string,
  seen: SavedDisk,
  to: (saved: SavedDisk) => SavedDisk | null,
): Promise<SavedDisk | null> {
  const item: SourceItem = await ctx.changeSource(serverId, (s) => {
    if (s.savedDisk === null || !isSame(s.savedDisk, seen)) return null;
    return { ...s, savedDisk: to(s.savedDisk) };
  });
  return item.savedDisk;
}

function isSame(a: SavedDisk, b: SavedDisk): boolean {
  return (
    a.snapshotId === b.snapshotId &&
    a.stage === b.stage &&
    a.calls === b.calls &&
    a.call?.id === b.call?.id
  );
}
