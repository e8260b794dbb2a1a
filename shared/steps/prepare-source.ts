import type { Server, VisibilityAnswer, Volume } from "../cloud-ports.ts";
import { underWaySinceMs } from "../protocol/actor.ts";
import type { Ctx, Problem } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import type { Run, Source } from "../run/record.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { decideSource, type FoundSource, seeSource } from "../source/resolve.ts";
import { notAllowed } from "../source/allowed.ts";
import { seeUsers } from "../source/live-volume.ts";
import { actOf, putBack, seePutBack, type SeenPutBack, waitAfter } from "../source/put-back.ts";
import { noteDisk, restoreProblem, stageDisk } from "../source/save-disk.ts";
import { serversOf } from "../source/servers.ts";
import { type Need, needOf, quotaProblem, seeQuota, type SeenQuota } from "../source/quota.ts";
import { seeTestFlavor, seeTestNetworks } from "../image/test-boot-server.ts";
import { planCopies } from "../image/distribution.ts";
import { zoneServices } from "../image/zones.ts";
import { seeVault, vaultProblem } from "../source/vault.ts";
import { seeVisibility, visibilityProblem } from "../source/visibility.ts";
import { ownerCheckMs } from "../source/item.ts";
import {
  type ClaimAct,
  decideClaim,
  isNext,
  performClaim,
  seeClaim,
  type SeenClaim,
} from "../protocol/claim-recipe.ts";
import { filledNameProblem, sourceOf } from "./creations.ts";
import { decideRoom, performRoom, type RoomAct, seeRoom, type SeenRoom } from "../protocol/room.ts";
import { needsHook } from "../run/hook.ts";
import { isWaitingForRoom } from "../run/uploads.ts";
import { type LessWork, seeLessWork } from "./less-work.ts";
import {
  decideEarlier,
  decideSaving,
  isPreparing,
  isSaving,
  type SaveAct,
  type SeenSaving,
  stoppedForSnapshot,
} from "./save-disk.ts";
import { sourceGone } from "./source-gone.ts";
import {
  decideServer,
  decideStops,
  seePower,
  type SeenPower,
  type SeenServer,
  type StopAct,
} from "./stop-servers.ts";
import {
  askHook,
  decideHook,
  hasAskedHook,
  type HookAct,
  openHook,
  seeHook,
  type SeenHook,
} from "./ask-hook.ts";

type Seen =
  | (SeenClaim & { less?: LessWork | null })
  | { kind: "found"; found: FoundSource; rights: Rights | null }
  | SeenRoom
  | SeenHook
  | { kind: "locks"; heldBy: string | null; endedOwners: string[]; mine: boolean }
  | { kind: "earlier"; disk: SeenPutBack }
  | ({ kind: "server"; server: Server | null } & SeenPower)
  | { kind: "volume"; volume: Volume | null; servers: SeenServer[]; saving: SeenSaving };

/** Refusals that would otherwise come after the server was stopped. Null: the source was not found. */
interface Rights {
  /** Why the disk could not be put back after the image. */
  restore: Problem | null;
  /** Why the image could not be copied to the zones that are to get it. */
  distribution: Problem | null;
  visibility: VisibilityAnswer;
  /** Why the vault does not take the backup that the image is made of. */
  vault: Problem | null;
  need: Need;
  quota: SeenQuota;
}

type Act =
  | ClaimAct
  | RoomAct
  | { kind: "take-locks"; from: string[] }
  | StopAct
  | HookAct
  | SaveAct;

/** Takes the recipe's state and the source's locks, then brings the source into the state its image is taken in. */
export const prepareSource = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const claim = await seeClaim(ctx, run);
  if (claim !== null)
    return { ...claim, less: isNext(claim, run) ? await seeLessWork(ctx, run) : null };
  if (run.source === null) return seeRecipe(ctx, run.recipe);
  if (isWaitingForRoom(run)) return seeRoom(ctx.store, run);
  if (!run.locked) return seeLocks(ctx, run, run.source.lockIds);
  const earlier = await seeEarlier(ctx, run);
  if (earlier !== null) return { kind: "earlier", disk: earlier };
  if (hasAskedHook(run)) return seeHook(ctx, run);
  if (run.source.kind === "volume") return seeVolume(ctx, run, run.source.id);
  const server = await seeServer(ctx, run.recipe, run.source.id);
  const { id } = run.source;
  return { kind: "server", server, ...(await seePower(ctx, run, { id, server })) };
}

/** A server that is not to be stopped was read a moment ago, to find it. Before a stop, it is read under the lock. */
function seeServer({ cloud }: Ctx, { prepare }: Recipe, id: string): Promise<Server | null> {
  return prepare.stopServer ? cloud.compute.server(id) : cloud.compute.recentServer(id);
}

async function seeVolume(ctx: Ctx, run: Run, id: string): Promise<Seen> {
  const volume = await ctx.cloud.volumes.volume(id);
  // The disk is looked at before its server: a server that is off then has not started it since.
  const saving = await seeSaving(ctx, run);
  const servers: SeenServer[] = [];
  if (run.recipe.prepare.stopServer) {
    for (const user of await seeUsers(ctx.cloud, volume))
      servers.push({ ...user, ...(await seePower(ctx, run, user)) });
  }
  return { kind: "volume", volume, servers, saving };
}

/**
 * A disk that an earlier run could not put back. Null: there is none. The record says whose disk it is: a worker that has slept
 * does not know yet which disk its run has saved since.
 */
async function seeEarlier(ctx: Ctx, run: Run): Promise<SeenPutBack | null> {
  const disk = await seePutBack(ctx, serversOf(run), run.id);
  const isOwn = disk === null || disk.saved.run === run.id;
  return isOwn || disk.next.kind === "done" ? null : disk;
}

async function seeSaving(ctx: Ctx, run: Run): Promise<SeenSaving> {
  if (run.recipe.prepare.restore === null) return { snapshot: null, disk: null };
  const { volumes } = ctx.cloud;
  const asked = isSaving(run) ? run.savedDisk : null;
  return {
    snapshot: asked === null ? null : await volumes.snapshot(asked.id),
    disk: await seePutBack(ctx, serversOf(run), run.id),
  };
}

async function seeRecipe(ctx: Ctx, recipe: Recipe): Promise<Seen> {
  const { cloud } = ctx;
  const found = await seeSource(cloud, recipe);
  const answer = decideSource(recipe, found);
  if ("code" in answer || denied(recipe, found) !== null)
    return { kind: "found", found, rights: null };
  // Fails on a missing zone before the source is stopped.
  if (recipe.zones.length > 0) await zoneServices(ctx, recipe.zones);
  const [volume] = found.volumes;
  const isRestored = recipe.prepare.restore !== null && volume !== undefined;
  const restore = isRestored
    ? restoreProblem(recipe, volume, found.users, await cloud.volumes.canRevert())
    : null;
  const copies = await planCopies(ctx, recipe, answer.source);
  const need = needOf(recipe, found, await seeTestFlavor(cloud, recipe));
  await seeTestNetworks(cloud, recipe);
  const visibility = await seeVisibility(cloud.images, recipe);
  const { vaultId } = recipe;
  const vault =
    vaultId === null ? null : vaultProblem(recipe, await seeVault(cloud, vaultId), found);
  return {
    kind: "found",
    found,
    rights: {
      restore,
      distribution: "problem" in copies ? copies.problem : null,
      visibility,
      vault,
      need,
      quota: await seeQuota(cloud, need),
    },
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
      return claim(run, seen, nowMs);
    case "found":
      return resolved(run, seen);
    case "room":
      return decideRoom(run, seen, nowMs);
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
    case "hook":
      return decideHook(run, seen, nowMs);
    case "earlier":
      return decideEarlier(seen.disk);
    case "server":
      return decideServer(run, seen.server, seen, nowMs);
    case "volume":
      return decideVolume(run, seen, nowMs);
  }
}

function claim(
  run: Run,
  { less = null, ...seen }: Extract<Seen, { kind: "recipe" }>,
  nowMs: number,
): Decision<Act> {
  if (less?.isNeeded === false) return { kind: "skip", ...less };
  const decision = decideClaim(run, seen, nowMs);
  return less === null || decision.kind !== "act"
    ? decision
    : { ...decision, text: `${decision.text}; ${less.text}` };
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

function refusal(
  recipe: Recipe,
  { restore, distribution, visibility, vault, need, quota }: Rights,
) {
  return (
    restore ??
    distribution ??
    visibilityProblem(recipe, visibility) ??
    vault ??
    quotaProblem(need, quota)
  );
}

function decideVolume(
  run: Run,
  { volume, servers, saving }: Extract<Seen, { kind: "volume" }>,
  nowMs: number,
): Decision<Act> {
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
  const [user] = servers;
  if (isPreparing(run) && user === undefined) return detachedSince(run);
  if (isSaving(run) && user !== undefined) {
    const first =
      run.savedDisk === null ? decideStops(stoppedForSnapshot(run), servers, nowMs) : null;
    return first ?? decideSaving(run, user, saving, nowMs);
  }
  const stop = decideStops(run, servers, nowMs);
  if (stop !== null) return stop;
  if (needsHook(run)) return askHook(run, nowMs);
  if (isPreparing(run) && run.savedDisk !== null)
    return {
      kind: "note",
      text: "the disk is prepared",
      set: { savedDisk: { ...run.savedDisk, preparedAtMs: nowMs } },
    };
  // A volume that no server has is uploaded by every cloud, and reverted.
  const { disk } = saving;
  const detach = disk === null || user === undefined ? null : decideDetach(run, disk);
  if (detach !== null) return detach;
  const names = servers.map(
    ({ id, server }) => `${server?.name ?? id} ${server?.status ?? "gone"}`,
  );
  const text = [`volume ${volume.status}`, ...names].join(", ");
  return { kind: "advance", to: "create-image", text };
}

function decideDetach(run: Run, disk: SeenPutBack): Decision<Act> | null {
  const { next } = disk;
  const act = actOf(disk);
  if (act !== null && next.kind === "call")
    return { kind: "act", act, text: next.text, thenWaitSeconds: waitAfter(act) };
  if (next.kind === "wait") return { kind: "wait", seconds: 2, text: next.text };
  return {
    kind: "fail",
    code: "disk-not-detached",
    message: `The volume cannot be detached for its image: ${"text" in next ? next.text : ""}`,
    remedy: `Bring its server to ACTIVE or SHUTOFF, then: regild refresh ${run.recipeName}`,
  };
}

function detachedSince(run: Run): Decision<never> {
  const { name, id } = sourceOf(run);
  return {
    kind: "fail",
    code: "volume-detached",
    message: `Volume ${name || id} was detached after this run had begun, and before its guest had prepared it`,
    remedy: `Attach it again, then: regild refresh ${run.recipeName}`,
  };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  switch (act.kind) {
    case "take-recipe":
    case "enqueue":
      return performClaim(ctx, run, act);
    case "take-room":
    case "await-room":
      return performRoom(ctx, run, act);
    case "take-locks":
      await takeLocks(ctx, run, sourceOf(run), act.from);
      return;
    case "open-hook":
      return openHook(ctx, run);
    case "note-disk":
      if (run.savedDisk !== null) await noteDisk(ctx, run, run.savedDisk.id);
      return;
    case "stage-disk":
      return stageDisk(ctx, run, act);
    case "put-back":
      return putBack(ctx, act);
    case "wish-power":
      await ctx.changeSource(act.serverId, (s) =>
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
    const isServer = serversOf(run).some((server) => server.id === id);
    const kind = isServer ? "server" : "volume";
    const taken = await ctx.changeSource(id, (s) =>
      s.owner === null || from.includes(s.owner)
        ? { ...s, kind, cloud, region, owner: run.id, reconcileAtMs: ctx.now() + ownerCheckMs(0) }
        : null,
    );
    if (taken.owner !== run.id) return;
  }
}
