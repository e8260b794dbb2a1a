import type { Server } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { SourceItem } from "./item.ts";

/** The next step for a server that was stopped for its image and must run again. */
export type Restoring =
  | { kind: "done" }
  /** The server runs again, or was deleted: nothing is left to restore. */
  | { kind: "clear"; serverId: string; deleted: boolean; wishedAtMs: number | null }
  | { kind: "start"; serverId: string }
  | { kind: "wait"; text: string }
  | { kind: "stuck"; serverId: string; text: string };

/** @param server null: 404. Not read if the source does not have to run. */
export function decideRestore(source: SourceItem | null, server: Server | null): Restoring {
  if (source === null || source.wishedPower === null) return { kind: "done" };
  const { id: serverId, wishedAtMs } = source;
  if (server === null) return { kind: "clear", serverId, deleted: true, wishedAtMs };
  if (server.status === "ERROR") {
    return {
      kind: "stuck",
      serverId,
      text: `${server.name} is in ERROR: ${server.faultMessage ?? "no reason given"}`,
    };
  }
  if (server.taskState !== null)
    return { kind: "wait", text: `${server.name} ${server.status}, ${server.taskState}` };
  if (server.status === "ACTIVE") return { kind: "clear", serverId, deleted: false, wishedAtMs };
  if (server.status === "SHUTOFF") return { kind: "start", serverId };
  return { kind: "wait", text: `${server.name} ${server.status}` };
}

/** The line for the run's timeline, and the time for its record. */
export function cleared(
  { deleted }: { deleted: boolean },
  nowMs: number,
): { text: string; set: { restoredAtMs?: number } } {
  return deleted
    ? { text: "the server was deleted meanwhile", set: {} }
    : { text: "the server runs again", set: { restoredAtMs: nowMs } };
}

/**
 * The power state that the lock's owner wants. Null if another run owns the lock now: restoring the server is that
 * run's job.
 */
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

/** Of several servers: those to start come first, and the wishes are cleared when none is on its way any more. */
export async function seeRestoringAll(
  ctx: Ctx,
  servers: ReadonlyArray<{ id: string }>,
  owner: string | null,
): Promise<Restoring> {
  const all: Restoring[] = [];
  for (const { id } of servers) all.push(await seeRestoring(ctx, id, owner));
  return firstOf(all);
}

export function firstOf(all: readonly Restoring[]): Restoring {
  for (const kind of ["start", "wait", "clear", "stuck"] as const) {
    const found = all.find((restoring) => restoring.kind === kind);
    if (found !== undefined) return found;
  }
  return { kind: "done" };
}

/** The steps that need a call or a write. */
export type RestoreAct = Extract<Restoring, { kind: "start" | "clear" }>;

export async function restore(ctx: Ctx, act: RestoreAct): Promise<void> {
  const { serverId } = act;
  if (act.kind === "start") return ctx.cloud.compute.start(serverId);
  // A worker that slept since its check must not clear the wish that belongs to a later stop.
  await ctx.changeSource(serverId, (s) =>
    s.wishedPower === null || s.wishedAtMs !== act.wishedAtMs
      ? null
      : { ...s, wishedPower: null, wishedAtMs: null },
  );
}
