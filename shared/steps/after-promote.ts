import type { Server } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Decision } from "../protocol/step.ts";
import { serverLeft, type Run } from "../run/record.ts";
import { notAllowed } from "../source/allowed.ts";
import { sourceOf } from "./creations.ts";

export interface SeenServer {
  /** Null: 404. */
  server: Server | null;
  /** The image of this run is the current one. */
  isCurrent: boolean;
  /** True if another run works on the server: this run released it while it waited for an approval. */
  heldBy: string | null;
  /** Milliseconds after its announcement in which a call may be sent. */
  windowMs: number;
}

export type ServerAct = { kind: "delete-server" } | { kind: "stop-server" };

/** Counted from the begin of the step. After this time the server stays, and the run's report says so. */
const PATIENCE_MS = 5 * 60_000;
const DELETED = ["DELETED", "SOFT_DELETED"];

/** Null: the recipe has no `after_promote`, or the call is done. */
export async function seeServer(ctx: Ctx, run: Run): Promise<SeenServer | null> {
  if (serverLeft(run) === null || run.afterPromote?.kept != null) return null;
  const { current } = await ctx.recipeState();
  const server = await ctx.cloud.compute.server(sourceOf(run).id);
  const owner = (await ctx.source(sourceOf(run).id))?.owner ?? null;
  const heldBy = owner === run.id ? null : owner;
  const isCurrent = current !== null && current === run.candidate?.id;
  return { server, isCurrent, heldBy, windowMs: ctx.timing.windowMs };
}

/**
 * Deletes or stops the server that a build made for this image. The record announces the call first. Each time, the server
 * is compared with `allow_source` again. It stays if its image is not current any more. Both calls may be repeated. A
 * worker that was paused beyond the announcement's window sends no call.
 */
export function decideAfterPromote(
  run: Run,
  { server, isCurrent, heldBy, windowMs }: SeenServer,
  nowMs: number,
): Decision<ServerAct> {
  const isDelete = run.recipe.afterPromote === "delete_server";
  const { name, id, projectId } = sourceOf(run);
  const what = `${isDelete ? "delete" : "stop"} server ${name} (${id})`;
  const announced = { announcedAtMs: nowMs, doneAtMs: null, kept: null };
  const note = (text: string, set: Partial<NonNullable<Run["afterPromote"]>>): Decision<never> => ({
    kind: "note",
    text,
    set: { afterPromote: { ...(run.afterPromote ?? announced), ...set } },
  });
  const keep = (why: string) => note(`does not ${what}: ${why}`, { kept: why });
  const done = (text: string) => note(text, { doneAtMs: nowMs });

  if (server === null || DELETED.includes(server.status)) return done(`server ${id} is gone`);
  if (!isCurrent) return keep("its image is not current any more");
  const denied = notAllowed(run.recipe, server, projectId);
  if (denied !== null) return keep(denied.message);
  if (heldBy !== null) return keep(`${heldBy} works on it`);
  if (!isDelete && server.status === "SHUTOFF" && server.taskState === null)
    return done(`server ${id} is stopped`);
  if (nowMs - run.stepSinceMs >= PATIENCE_MS) {
    return keep(`after five minutes it is still ${server.taskState ?? server.status}`);
  }
  if (run.afterPromote === null) return note(`is to ${what}`, announced);
  if (server.taskState !== null) return { kind: "wait", seconds: 3, text: server.taskState };
  if (server.locked === true) return keep("it is locked");
  if (!isDelete && server.status !== "ACTIVE") return keep(`it is ${server.status}`);
  if (nowMs >= run.afterPromote.announcedAtMs + windowMs) return note(`is to ${what}`, announced);
  return {
    kind: "act",
    act: { kind: isDelete ? "delete-server" : "stop-server" },
    text: what,
    thenWaitSeconds: 3,
  };
}

export async function performOnServer(ctx: Ctx, run: Run, act: ServerAct): Promise<void> {
  const { id } = sourceOf(run);
  const announcedAtMs = run.afterPromote?.announcedAtMs ?? 0;
  if (ctx.now() >= announcedAtMs + ctx.timing.windowMs) return;
  if (act.kind === "delete-server") return ctx.cloud.compute.deleteServer(id);
  // Ends the watch for a late stop of this run, which would start the server again.
  await ctx.changeSource(id, (s) =>
    s.owner === run.id || s.owner === null
      ? { ...s, wishedPower: null, wishedAtMs: null, lateStopUntilMs: null }
      : null,
  );
  await ctx.cloud.compute.stop(id);
}
