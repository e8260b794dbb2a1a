import type { Server, VisibilityAnswer, Volume } from "../cloud-ports.ts";
import { underWaySinceMs } from "../protocol/actor.ts";
import type { Ctx, Problem } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import type { Run, Source } from "../run/record.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { decideSource, type FoundSource, seeSource } from "../source/resolve.ts";
import { notAllowed } from "../source/allowed.ts";
import { LASTING, TAKEABLE } from "../source/server-status.ts";
import { type Need, needOf, quotaProblem, seeQuota, type SeenQuota } from "../source/quota.ts";
import { seeTestFlavor } from "../image/test-boot-server.ts";
import { zoneServices } from "../image/zones.ts";
import { seeVisibility, visibilityProblem } from "../source/visibility.ts";
import { ownerCheckMs, type SourceItem } from "../source/item.ts";
import {
  type ClaimAct,
  decideClaim,
  performClaim,
  seeClaim,
  type SeenClaim,
} from "../protocol/claim-recipe.ts";
import { filledNameProblem, sourceOf } from "./creations.ts";
import { sourceGone } from "./source-gone.ts";

type Seen =
  | SeenClaim
  | { kind: "found"; found: FoundSource; rights: Rights | null }
  | { kind: "locks"; heldBy: string | null; endedOwners: string[]; mine: boolean }
  | { kind: "server"; server: Server | null; item: SourceItem | null }
  | { kind: "volume"; volume: Volume | null };

/** Refusals that would otherwise come after the server was stopped. Null: the source was not found. */
interface Rights {
  visibility: VisibilityAnswer;
  need: Need;
  quota: SeenQuota;
}

type Act = ClaimAct | { kind: "take-locks"; from: string[] } | { kind: "wish-power" };

/** Takes the recipe's state and the source's locks, then brings the source into the state its image is taken in. */
export const prepareSource = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const claim = await seeClaim(ctx, run);
  if (claim !== null) return claim;
  if (run.source === null) return seeRecipe(ctx, run.recipe);
  if (!run.locked) return seeLocks(ctx, run, run.source.lockIds);
  if (run.source.kind === "volume")
    return { kind: "volume", volume: await ctx.cloud.volumes.volume(run.source.id) };
  const server = await ctx.cloud.compute.server(run.source.id);
  return { kind: "server", server, item: await ctx.source(run.source.id) };
}

async function seeRecipe(ctx: Ctx, recipe: Recipe): Promise<Seen> {
  const { cloud } = ctx;
  const found = await seeSource(cloud, recipe);
  const isRefused = "code" in decideSource(recipe, found) || denied(recipe, found) !== null;
  if (isRefused) return { kind: "found", found, rights: null };
  // Fails on a missing zone before the source is stopped.
  if (recipe.zones.length > 0) await zoneServices(ctx, recipe.zones);
  const need = needOf(recipe, found, await seeTestFlavor(cloud, recipe));
  const visibility = await seeVisibility(cloud, recipe);
  return {
    kind: "found",
    found,
    rights: { visibility, need, quota: await seeQuota(cloud, need) },
  };
}

async function seeLocks(ctx: Ctx, run: Run, lockIds: string[]): Promise<Seen> {
  let heldBy: string | null = null;
  let mine = true;
  const endedOwners: string[] = [];
  for (const id of lockIds) {
    const owner = (await ctx.source(id))?.owner ?? null;
    if (owner === run.id) continue;
    mine = false;
    if (owner === null) continue;
    if ((await underWaySinceMs(ctx.store, owner)) === null) endedOwners.push(owner);
    else heldBy = owner;
  }
  return { kind: "locks", heldBy, endedOwners, mine };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  switch (seen.kind) {
    case "recipe":
      return decideClaim(run, seen, nowMs);
    case "found":
      return resolved(run, seen);
    case "locks":
      if (seen.mine) {
        return {
          kind: "note",
          text: "source locked",
          set: { locked: true, deadlineAtMs: nowMs + run.recipe.deadlineMs },
        };
      }
      if (seen.heldBy !== null)
        return {
          kind: "wait",
          seconds: 30,
          text: `waits for ${seen.heldBy}, which works on the same source`,
        };
      return {
        kind: "act",
        act: { kind: "take-locks", from: seen.endedOwners },
        text: "locks the source",
      };
    case "server":
      return decideServer(run, seen.server, seen.item, nowMs);
    case "volume":
      return decideVolume(run, seen.volume);
  }
}

function resolved(run: Run, { found, rights }: Extract<Seen, { kind: "found" }>): Decision<Act> {
  const answer = decideSource(run.recipe, found);
  if ("code" in answer) return { kind: "fail", ...answer };
  const unwanted = denied(run.recipe, found);
  if (unwanted !== null) return { kind: "fail", ...unwanted };
  const refused = rights === null ? null : refusal(run.recipe, rights);
  if (refused !== null) return { kind: "fail", ...refused };
  const { source } = answer;
  const problem = filledNameProblem({ ...run, source });
  if (problem !== null) {
    return {
      kind: "fail",
      code: "bad-image-name",
      message: problem,
      remedy: `Change ${run.recipeName}.image.name in recipes.yml`,
    };
  }
  return { kind: "note", text: `${source.kind} ${source.name}, ${source.id}`, set: { source } };
}

/** Refusals of the one source that was found. */
function denied(recipe: Recipe, { servers, volumes, projectId }: FoundSource): Problem | null {
  const [source] = recipe.source.kind === "server" ? servers : volumes;
  return source === undefined ? null : notAllowed(recipe, source, projectId);
}

function refusal(recipe: Recipe, { visibility, need, quota }: Rights) {
  return visibilityProblem(recipe, visibility) ?? quotaProblem(need, quota);
}

function decideServer(
  run: Run,
  server: Server | null,
  item: SourceItem | null,
  nowMs: number,
): Decision<Act> {
  if (server === null) return sourceGone(run);
  if (server.status === "ERROR") {
    return {
      kind: "fail",
      code: "server-error",
      message: `Server ${server.name} is in ERROR: ${server.faultMessage ?? "no reason given"}`,
      remedy: `Fix or rebuild the server (openstack server show ${server.id}), then: regild refresh ${run.recipeName}`,
    };
  }
  const text = `${server.status}${server.taskState === null ? "" : `, ${server.taskState}`}`;
  if (
    run.stoppedAtMs !== null &&
    server.status !== "SHUTOFF" &&
    nowMs >= run.stoppedAtMs + run.recipe.prepare.stopTimeoutMs
  ) {
    return {
      kind: "fail",
      code: "stop-timeout",
      message: `Server ${server.name} is still ${text}, ${Math.round((nowMs - run.stoppedAtMs) / 1000)} s after it was asked to stop`,
      remedy: `Look at its console for what keeps it from shutting down, or raise ${run.recipeName}.prepare.stop_timeout`,
    };
  }
  // The downtime has begun, so the first checks are close together.
  const stoppedJustNow = run.stoppedAtMs !== null && nowMs < run.stoppedAtMs + 10_000;
  if (server.taskState !== null) return { kind: "wait", seconds: stoppedJustNow ? 2 : 5, text };
  const { stopServer } = run.recipe.prepare;
  const takeable = stopServer ? server.status === "SHUTOFF" : TAKEABLE.includes(server.status);
  // Of each attempt anew: a worker that slept since an earlier one must not take this wish for that one's.
  const isWished = item?.wishedPower === "ACTIVE" && (item.wishedAtMs ?? 0) >= run.stepSinceMs;
  const isStopped = run.stoppedAtMs !== null;
  // One that did has struck it out, before the stop, when it saw the server run: it is written down again.
  if (!isWished && isStopped) return wishPower();
  if (takeable)
    return { kind: "advance", to: "create-image", text: isStopped ? "ACTIVE → SHUTOFF" : text };
  if (LASTING.includes(server.status)) return lasting(run, server);
  if (server.status !== "ACTIVE") return { kind: "wait", seconds: 5, text };
  if (!isWished) return wishPower();
  // Accepted, and running all the same: its task state lags, or somebody started it. It is asked once.
  if (isStopped) return { kind: "wait", seconds: stoppedJustNow ? 2 : 5, text };
  return { kind: "intend", intent: "stop-server", text: `stops ${server.name}` };
}

function wishPower(): Decision<Act> {
  return { kind: "act", act: { kind: "wish-power" }, text: "is to run again afterwards" };
}

function lasting(run: Run, { name, status }: Server): Decision<Act> {
  const stop = run.recipe.prepare.stopServer;
  return {
    kind: "fail",
    code: "server-status",
    message: `Server ${name} is ${status}: ${stop ? "it cannot be stopped" : "no image can be taken of it"} as it is`,
    remedy: `Bring it back to ACTIVE or SHUTOFF, then: regild refresh ${run.recipeName}`,
  };
}

function decideVolume(run: Run, volume: Volume | null): Decision<Act> {
  if (volume === null) return sourceGone(run);
  if (volume.status.startsWith("error")) {
    return {
      kind: "fail",
      code: "volume-error",
      message: `Volume ${volume.name || volume.id} is ${volume.status}`,
      remedy: `Ask the cloud's operator about it (openstack volume show ${volume.id})`,
    };
  }
  const ready = volume.status === "available" || volume.status === "in-use";
  if (!ready) return { kind: "wait", seconds: 5, text: `volume ${volume.status}` };
  return { kind: "advance", to: "create-image", text: `volume ${volume.status}` };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  switch (act.kind) {
    case "take-recipe":
    case "enqueue":
      return performClaim(ctx, run, act);
    case "take-locks":
      await takeLocks(ctx, run, sourceOf(run), act.from);
      return;
    case "wish-power":
      await ctx.changeSource(sourceOf(run).id, (s) =>
        s.owner === run.id
          ? { ...s, wishedPower: "ACTIVE", wishedAtMs: Math.max(ctx.now(), run.stepSinceMs) }
          : null,
      );
  }
}

/** Locks in the order of ids, so that two runs never wait for each other. */
async function takeLocks(ctx: Ctx, run: Run, source: Source, from: string[]): Promise<void> {
  const { cloud, region } = run.recipe;
  for (const id of source.lockIds) {
    const kind = id === source.id ? source.kind : "volume";
    const taken = await ctx.changeSource(id, (s) =>
      s.owner === null || from.includes(s.owner)
        ? { ...s, kind, cloud, region, owner: run.id, reconcileAtMs: ctx.now() + ownerCheckMs(0) }
        : null,
    );
    if (taken.owner !== run.id) return;
  }
}
