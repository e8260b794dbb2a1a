import { addResources } from "../image/backing-resources.ts";
import { imageOf } from "../image/inventory.ts";
import type { RecipeState } from "../image/recipe-state.ts";
import type { Image, Server, Snapshot, Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { isByIms, readsVolume } from "../recipe/recipe.ts";
import { temporaryResources, withImages } from "../run/created-by-run.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Run } from "../run/record.ts";
import { mayInherit, withInherited } from "../source/boot-image.ts";
import {
  isStill,
  liveProblem,
  needsStillVolume,
  seeUsers,
  type User,
} from "../source/live-volume.ts";
import {
  cleared,
  restore,
  type RestoreAct,
  type Restoring,
  seeRestoringAll,
} from "../source/restore.ts";
import { serversOf } from "../source/servers.ts";
import { type SourceState } from "../run/source-state.ts";
import { seeSourceState } from "../source/state.ts";
import { sourceOf } from "./creations.ts";
import { decideMaking, type Making, seeMaking } from "./image-job.ts";

interface Seen {
  recipeState: RecipeState;
  /** The snapshot of a capture that uses one. Null: none was asked for, or 404. */
  snapshot: Snapshot | null;
  volume: Volume | null;
  restoring: Restoring;
  /** True if a server runs, and the image must be taken while it is stopped. */
  isRunning: boolean;
  /** Servers that have the volume, where its image needs them to be still. */
  users: User[];
  /** The image in its first seconds, where it may have inherited a reason of failed synchronisation. Null: not read, or 404. */
  early: Image | null;
  /** Of a job that makes the image. */
  making: Making | null;
  /** What the source shows now, if the recipe asks for that and the run has not noted it yet. */
  sourceState: SourceState | null;
}

type Act = { kind: "register-resources" } | RestoreAct | { kind: "register-image" };

/**
 * Has the cloud make the image, by createImage, by upload of a volume, or by way of a snapshot and a temporary volume.
 * Then adds the image to the inventory. Changes nothing on the image before it is active: Glance saves the whole record,
 * status included, so a change at the beginning or end of the upload resets the status, and the upload breaks
 * (glance/db/__init__.py, ImageRepo.save; seen on Zed). Promotion marks it.
 */
export const createImage = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { volumes } = ctx.cloud;
  const { kind, id } = sourceOf(run);
  const asked = run.candidate === null && run.job === null;
  const isStopped = asked && run.recipe.prepare.stopServer;
  const restoring = isStopped ? await seeRestoringAll(ctx, serversOf(run), run.id) : null;
  const isWatched = asked && (isStopped || needsStillVolume(run.recipe));
  const server = isWatched && kind === "server" ? await ctx.cloud.compute.server(id) : null;
  const users = isWatched ? await seeUsersOf(ctx, run, server) : [];
  const recipeState = await ctx.recipeState();
  return {
    recipeState,
    snapshot: asked && run.snapshot !== null ? await volumes.snapshot(run.snapshot.id) : null,
    volume: asked && run.volume !== null ? await volumes.volume(run.volume.id) : null,
    restoring: restoring ?? { kind: "done" },
    isRunning: isStopped && (server?.status === "ACTIVE" || users.some((user) => !isStill(user))),
    users,
    early: await seeEarly(ctx, run, recipeState),
    making: run.candidate === null && run.job !== null ? await seeMaking(ctx, run, run.job) : null,
    sourceState:
      asked && run.recipe.skipUnchanged !== null && run.sourceState === null
        ? ((await seeSourceState(ctx.cloud, run.recipe, sourceOf(run)))?.state ?? null)
        : null,
  };
}

/** The server of data disks has all of them: a run takes none that another server has, too. */
async function seeUsersOf(ctx: Ctx, run: Run, server: Server | null): Promise<User[]> {
  const { kind, id } = sourceOf(run);
  if (kind === "volume") return seeUsers(ctx.cloud, await ctx.cloud.volumes.volume(id));
  return readsVolume(run.recipe) ? [{ id, server }] : [];
}

async function seeEarly(ctx: Ctx, run: Run, recipeState: RecipeState): Promise<Image | null> {
  if (run.candidate === null || imageOf(recipeState, run.candidate.id) === undefined) return null;
  return (await mayInherit(ctx, run)) ? ctx.cloud.images.image(run.candidate.id) : null;
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { source, capture } = { source: sourceOf(run), capture: run.recipe.capture };
  if (run.candidate !== null) return decideCandidate(run, seen, nowMs);
  if (run.job !== null && seen.making !== null) {
    return decideMaking(run, run.job, seen.making, { ...seen, nowMs });
  }
  if (run.snapshot === null && seen.isRunning) {
    return {
      kind: "fail",
      code: "source-started",
      message: startedText(run, seen.users),
      remedy: `Find out who starts it, then: regild refresh ${run.recipeName}`,
    };
  }
  if (seen.sourceState !== null)
    return {
      kind: "note",
      text: "noted what the source shows, for skip_unchanged",
      set: { sourceState: seen.sourceState },
    };
  if (capture === "server")
    return { kind: "intend", intent: "create-image", text: `createImage of ${source.name}` };
  if (capture === "system_disk")
    return { kind: "intend", intent: "image-job", text: `image of ${source.name}'s system disk` };
  if (capture === "full_server")
    return { kind: "intend", intent: "image-job", text: `image of ${source.name} with all disks` };
  const volume = source.name || source.id;
  const live = liveProblem(run.recipe, volume, seen.users);
  if (live !== null) return { kind: "fail", ...live };
  if (capture === "data_disks") {
    const devices = source.disks.map(({ device }) => device).join(", ");
    return { kind: "intend", intent: "image-job", text: `images of ${volume}'s disks ${devices}` };
  }
  if (capture === "volume")
    return { kind: "intend", intent: "upload-image", text: `upload of ${volume}` };
  if (isByIms({ capture }))
    return { kind: "intend", intent: "image-job", text: `image of ${volume}` };
  return decideBySnapshot(run, seen, nowMs);
}

function startedText(run: Run, users: readonly User[]): string {
  const { kind, name, id } = sourceOf(run);
  if (kind === "server")
    return `Somebody started ${name}, whose image is to be taken while it is stopped`;
  const user = users.find((each) => !isStill(each));
  const server = user?.server?.name ?? user?.id ?? "a server";
  return `Somebody started ${server}, which has volume ${name || id}: its image is to be taken while no server runs`;
}

function decideBySnapshot(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const temporary = temporaryResources(run, "kept", nowMs);
  if (addResources(seen.recipeState, temporary) !== null)
    return {
      kind: "act",
      act: { kind: "register-resources" },
      text: `temporary ${temporary.map(({ kind, id }) => `${kind} ${id}`).join(", ")} written into the inventory`,
    };
  const since = Math.max(2, Math.min(60, Math.round((nowMs - run.stepSinceMs) / 2000)));
  if (run.snapshot === null)
    return { kind: "intend", intent: "create-snapshot", text: "snapshot of the volume" };
  if (run.volume === null) {
    if (seen.snapshot === null || seen.snapshot.status.startsWith("error"))
      return broken("snapshot", run.snapshot.id, seen.snapshot?.status);
    if (seen.snapshot.status !== "available")
      return { kind: "wait", seconds: since, text: `snapshot ${seen.snapshot.status}` };
    // The snapshot holds the content, so the downtime ends here and not with the upload.
    if (seen.restoring.kind === "start")
      return { kind: "act", act: seen.restoring, text: "starts the server again" };
    return { kind: "intend", intent: "create-volume", text: "temporary volume of the snapshot" };
  }
  if (seen.restoring.kind === "start")
    return { kind: "act", act: seen.restoring, text: "starts the server again" };
  if (seen.restoring.kind === "clear")
    return { kind: "act", act: seen.restoring, ...cleared(seen.restoring, nowMs) };
  if (seen.volume === null || seen.volume.status.startsWith("error"))
    return broken("volume", run.volume.id, seen.volume?.status);
  if (seen.volume.status !== "available")
    return { kind: "wait", seconds: since, text: `temporary volume ${seen.volume.status}` };
  return { kind: "intend", intent: "upload-image", text: "upload of the temporary volume" };
}

function broken(kind: string, id: string, status: string | undefined): Decision<Act> {
  return {
    kind: "fail",
    code: `${kind}-failed`,
    message: `The temporary ${kind} ${id} ${status === undefined ? "was deleted" : `is ${status}`}`,
    remedy: `Ask the cloud's operator what became of it (openstack ${kind === "volume" ? "volume" : "volume snapshot"} show ${id}), then refresh again`,
  };
}

function decideCandidate(run: Run, { recipeState, early }: Seen, nowMs: number): Decision<Act> {
  const candidate = run.candidate;
  if (candidate === null) throw new Error(`${run.id} has no candidate`);
  if (withImages(recipeState, run, nowMs) !== null) {
    const ids = [candidate, ...run.diskImages].map(({ id }) => id).join(", ");
    return {
      kind: "act",
      act: { kind: "register-image" },
      text: `image ${ids} written into the inventory`,
    };
  }
  return {
    kind: "advance",
    to: "check-status",
    text: `${run.imageName ?? candidate.creationName}  ${candidate.id}`,
    ...(early === null ? {} : { set: { source: withInherited(sourceOf(run), early) } }),
    afterSeconds: firstCheckSeconds(run, candidate.askedAtMs, recipeState, nowMs),
  };
}

/** The cloud makes the snapshots of a server's volumes within seconds, and an image that has them is active at once. */
const SNAPSHOT_SECONDS = 3;

/**
 * When to look at the image for the first time. What Nova uploads is `queued` at first, whatever becomes of it. Cinder's
 * upload is looked at from its begin, because one that was seen `saving` and is `queued` again has failed.
 */
function firstCheckSeconds(
  { recipe, source, deadlineAtMs }: Run,
  askedAtMs: number,
  { uploadSeconds: earlierSeconds }: RecipeState,
  nowMs: number,
): number {
  if (recipe.capture !== "server") return 0;
  if (source?.volumeBacked === true) return SNAPSHOT_SECONDS;
  return nextCheckSeconds({ askedAtMs, nowMs, earlierSeconds, deadlineAtMs });
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const now = ctx.now();
  switch (act.kind) {
    case "register-resources":
      await ctx.changeRecipeState((recipeState) =>
        addResources(recipeState, temporaryResources(run, "kept", now)),
      );
      return;
    case "start":
    case "clear":
      return restore(ctx, act);
    case "register-image":
      await ctx.changeRecipeState((recipeState) => withImages(recipeState, run, now));
      return;
  }
}
