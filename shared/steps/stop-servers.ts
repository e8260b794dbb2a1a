import type { Server } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Decision } from "../protocol/step.ts";
import { formatDuration } from "../recipe/duration.ts";
import { needsHook } from "../run/hook.ts";
import type { Run } from "../run/record.ts";
import { askHook } from "./ask-hook.ts";
import type { SourceItem } from "../source/item.ts";
import { isStill, type User } from "../source/live-volume.ts";
import { LASTING, TAKEABLE } from "../source/server-status.ts";
import { stopAskedAtMs, stopped } from "../source/servers.ts";
import { sourceOf } from "./creations.ts";
import { sourceGone } from "./source-gone.ts";

/** What decides about a server. */
export interface SeenPower {
  item: SourceItem | null;
  /** It may be off by a request that the cloud never answered, and not by its guest. */
  isOffByRequest: boolean;
}

/** A server that has the run's volume. */
export type SeenServer = User & SeenPower;

/**
 * Nova notes a stop for a guest that powers itself off as well, but of no project: nobody asked for it (seen on Epoxy, Nova
 * 31.0.0). Asked only while a late request may have done it.
 */
export async function seePower(
  { cloud, now, source }: Pick<Ctx, "cloud" | "now" | "source">,
  { recipe }: Run,
  { id, server }: { id: string; server: Server | null },
): Promise<SeenPower> {
  const item = await source(id);
  const isInDoubt =
    recipe.prepare.waitForShutoffMs !== null &&
    server?.status === "SHUTOFF" &&
    now() < (item?.unansweredStopUntilMs ?? 0);
  if (!isInDoubt) return { item, isOffByRequest: false };
  const actions = await cloud.compute.actionsOf(id);
  const newest = actions?.find(({ action }) => action === "start" || action === "stop");
  const isOffByRequest =
    actions === null || (newest?.action === "stop" && newest.projectId !== null);
  return { item, isOffByRequest };
}

export type StopAct = { kind: "wish-power"; serverId: string };

/** Has every server that has the volume stopped. Null: none of them runs. */
export function decideStops(
  run: Run,
  servers: readonly SeenServer[],
  nowMs: number,
): Decision<StopAct> | null {
  const known = new Set(sourceOf(run).servers.map(({ id }) => id));
  const stranger = servers.find((each) => !known.has(each.id) && !isStill(each));
  if (run.recipe.prepare.stopServer && stranger !== undefined) return attachedSince(run, stranger);
  const decisions = servers.flatMap(({ id, server, ...power }) =>
    server === null || !known.has(id) ? [] : [decideServer(run, server, power, nowMs)],
  );
  // No server is stopped for a run that fails because of another one. Nobody is asked while one of them changes its state.
  const order = needsHook(run)
    ? (["fail", "act", "wait", "note", "intend"] as const)
    : (["fail", "act", "note", "intend", "wait"] as const);
  for (const kind of order) {
    const decision = decisions.find((each) => each.kind === kind);
    if (decision !== undefined) return decision;
  }
  return null;
}

/** Its lock is not held. Taking it now could make two runs wait for each other. */
function attachedSince(run: Run, { id, server }: SeenServer): Decision<never> {
  const { name, id: volumeId } = sourceOf(run);
  return {
    kind: "fail",
    code: "volume-live",
    message: `Somebody attached volume ${name || volumeId} to ${server?.name ?? id} after this run had begun`,
    remedy: `regild refresh ${run.recipeName}: the next run stops that server as well`,
  };
}

export function decideServer(
  run: Run,
  server: Server | null,
  { item, isOffByRequest }: SeenPower,
  nowMs: number,
): Decision<StopAct> {
  if (server === null) return sourceGone(run);
  if (server.status === "ERROR") {
    return {
      kind: "fail",
      code: "server-error",
      message: `Server ${server.name} is in ERROR: ${server.faultMessage ?? "no reason given"}`,
      remedy: `Fix or rebuild the server (openstack server show ${server.id}), then: regild refresh ${run.recipeName}`,
    };
  }
  const state = `${server.status}${server.taskState === null ? "" : `, ${server.taskState}`}`;
  const isUser = sourceOf(run).kind === "volume";
  const text = isUser ? `${server.name} ${state}` : state;
  const askedAtMs = stopAskedAtMs(run, server.id);
  if (
    askedAtMs !== null &&
    run.recipe.prepare.waitForShutoffMs === null &&
    server.status !== "SHUTOFF" &&
    nowMs >= askedAtMs + run.recipe.prepare.stopTimeoutMs
  ) {
    return {
      kind: "fail",
      code: "stop-timeout",
      message: `Server ${server.name} is still ${state}, ${Math.round((nowMs - askedAtMs) / 1000)} s after it was asked to stop`,
      remedy: `Look at its console for what keeps it from shutting down, or raise ${run.recipeName}.prepare.stop_timeout`,
    };
  }
  // The downtime has begun, so the first checks are close together.
  const stoppedJustNow = askedAtMs !== null && nowMs < askedAtMs + 10_000;
  if (server.taskState !== null) return { kind: "wait", seconds: stoppedJustNow ? 2 : 5, text };
  const { stopServer } = run.recipe.prepare;
  const isStillNow = isUser ? isStill({ server }) : server.status === "SHUTOFF";
  const takeable = stopServer ? isStillNow : TAKEABLE.includes(server.status);
  // Of each attempt anew: a worker that slept since an earlier one must not take this wish for that one's.
  const isWished = item?.wishedPower === "ACTIVE" && (item.wishedAtMs ?? 0) >= run.stepSinceMs;
  const isStopped = askedAtMs !== null;
  // The guest has powered itself off. Found SHUTOFF, nobody wishes that the server runs.
  const isOff = run.recipe.prepare.waitForShutoffMs !== null && server.status === "SHUTOFF";
  // It may power itself off as soon as it is asked, so the wish that it runs again comes before.
  const isSettled = takeable || (server.status === "ACTIVE" && isWished);
  if (isSettled && needsHook(run)) return askHook(run, nowMs);
  if (isOff && isWished && !isStopped) {
    if (isOffByRequest) return shutoffUnsure(run, server, item);
    const text = `${server.name} has powered itself off`;
    return { kind: "note", text, set: stopped(run, server.id, nowMs) };
  }
  // One that did has struck it out, before the stop, when it saw the server run: it is written down again.
  if (!isWished && isStopped) return wishPower(server);
  if (takeable)
    return { kind: "advance", to: "create-image", text: isStopped ? "ACTIVE → SHUTOFF" : text };
  if (LASTING.includes(server.status)) return lasting(run, server);
  if (server.status !== "ACTIVE") return { kind: "wait", seconds: 5, text };
  if (!isWished) return wishPower(server);
  const { waitForShutoffMs } = run.recipe.prepare;
  if (waitForShutoffMs !== null)
    return waitForGuest(run, server, {
      sinceMs: Math.max(
        run.hook?.answer?.atMs ?? item.wishedAtMs ?? run.stepSinceMs,
        run.savedDisk?.readyAtMs ?? 0,
      ),
      nowMs,
    });
  // Accepted, and running all the same: its task state lags, or somebody started it. It is asked once.
  if (isStopped) return { kind: "wait", seconds: stoppedJustNow ? 2 : 5, text };
  const { id: serverId, name } = server;
  return { kind: "intend", intent: "stop-server", serverId, text: `stops ${name}` };
}

/** Half-prepared is worse than not at all. */
function shutoffUnsure(
  { recipeName }: Run,
  { name }: Server,
  { unansweredStopUntilMs: untilMs }: SourceItem,
): Decision<never> {
  return {
    kind: "fail",
    code: "shutoff-unsure",
    message: `Server ${name} is off, and not surely by its guest: the cloud never answered a request of Regild to stop it`,
    remedy: `After ${new Date(untilMs ?? 0).toISOString()} that request cannot arrive any more. Then: regild refresh ${recipeName}`,
  };
}

/** Nova tells a guest that powers itself off by its status alone, seconds later: its power state comes from the host. */
function waitForGuest(
  run: Run,
  { name }: Server,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
): Decision<StopAct> {
  const waitMs = run.recipe.prepare.waitForShutoffMs ?? 0;
  if (nowMs < sinceMs + waitMs)
    return { kind: "wait", seconds: 15, text: `waits for ${name} to power itself off` };
  return {
    kind: "fail",
    code: "shutoff-timeout",
    message: `Server ${name} has not powered itself off within ${formatDuration(waitMs)}`,
    remedy: `Look at its console for what keeps the guest from it, or raise ${run.recipeName}.prepare.wait_for_shutoff`,
  };
}

function wishPower({ id: serverId, name }: Server): Decision<StopAct> {
  const text = `${name} is to run again afterwards`;
  return { kind: "act", act: { kind: "wish-power", serverId }, text };
}

function lasting(run: Run, { name, status }: Server): Decision<StopAct> {
  const stop = run.recipe.prepare.stopServer;
  return {
    kind: "fail",
    code: "server-status",
    message: `Server ${name} is ${status}: ${stop ? "it cannot be stopped" : "no image can be taken of it"} as it is`,
    remedy: `Bring it back to ACTIVE or SHUTOFF, then: regild refresh ${run.recipeName}`,
  };
}
