import type { Server } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { SourceItem } from "./item.ts";

/** A server that was stopped for its image, and what it takes to have it running again. */
export type Restoring =
  | { kind: "done" }
  /** Running again: the wish is fulfilled; or deleted: it is void. */
  | { kind: "clear"; deleted: boolean; wishedAtMs: number | null }
  | { kind: "start" }
  | { kind: "wait"; text: string }
  | { kind: "stuck"; text: string };

/** @param server null: 404. Not asked for when nothing is wished. */
export function decideRestore(source: SourceItem | null, server: Server | null): Restoring {
  if (source === null || source.wishedPower === null) return { kind: "done" };
  const { wishedAtMs } = source;
  if (server === null) return { kind: "clear", deleted: true, wishedAtMs };
  if (server.status === "ERROR") {
    return {
      kind: "stuck",
      text: `${server.name} is in ERROR: ${server.faultMessage ?? "no reason given"}`,
    };
  }
  if (server.taskState !== null)
    return { kind: "wait", text: `${server.name} ${server.status}, ${server.taskState}` };
  if (server.status === "ACTIVE") return { kind: "clear", deleted: false, wishedAtMs };
  if (server.status === "SHUTOFF") return { kind: "start" };
  return { kind: "wait", text: `${server.name} ${server.status}` };
}

/** What a run tells, and knows, once the wish is cleared. */
export function cleared(
  { deleted }: { deleted: boolean },
  nowMs: number,
): { text: string; set: { restoredAtMs?: number } } {
  return deleted
    ? { text: "the server was deleted meanwhile", set: {} }
    : { text: "the server runs again", set: { restoredAtMs: nowMs } };
}

/** The power state that the lock's owner wants. Null if another run owns the lock now: restoring the server is that run's job. */
export async function ownWish(
  ctx: Ctx,
  serverId: string,
  owner: string | null,
): Promise<SourceItem | null> {
  const source = await ctx.source(serverId);
  return source?.owner === owner ? source : null;
}

export async function seeRestoring(
  ctx: Ctx,
  serverId: string,
  owner: string | null,
): Promise<Restoring> {
  const wish = await ownWish(ctx, serverId, owner);
  const isWished = wish !== null && wish.wishedPower !== null;
  return decideRestore(wish, isWished ? await ctx.cloud.compute.server(serverId) : null);
}

/** What can be done for it now. */
export type RestoreAct = Extract<Restoring, { kind: "start" | "clear" }>;

export async function restore(ctx: Ctx, serverId: string, act: RestoreAct): Promise<void> {
  if (act.kind === "start") return ctx.cloud.compute.start(serverId);
  // A worker that slept since its check must not strike out the wish of a stop that came after it.
  await ctx.changeSource(serverId, (s) =>
    s.wishedPower === null || s.wishedAtMs !== act.wishedAtMs
      ? null
      : { ...s, wishedPower: null, wishedAtMs: null },
  );
}
