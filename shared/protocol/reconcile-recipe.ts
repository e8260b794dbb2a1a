import { type LateAttempt, type RecipeState, recipeStateSchema } from "../image/recipe-state.ts";
import type { Key } from "../ports.ts";
import { noteKeptImages } from "../image/kept-images.ts";
import { putOffCheck } from "../image/current-check.ts";
import { recipeDueAtMs } from "../image/due.ts";
import {
  afterFailedCheck,
  afterLateCheck,
  findCopy,
  findCreated,
  isImageThere,
  markCreatedForDeletion,
} from "../image/created.ts";
import { fence } from "../image/fence.ts";
import { deletingResources, planResources, removeResources } from "../image/resource-removal.ts";
import { seeResources } from "../image/resources-seen.ts";
import { project } from "../image/projection.ts";
import { share } from "../image/share.ts";
import { type Place, planRemoval } from "../image/removal-plan.ts";
import { remove } from "../image/removal.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import { addResources, forgetGoneResources } from "../image/backing-resources.ts";
import { markStraysForDeletion } from "../image/strays.ts";
import { isKnownImage } from "../image/image-set.ts";
import { isShownByRun, whereShown } from "../image/shown.ts";
import { noteKept } from "../image/not-deleted.ts";
import { findOrphans, orphanResources } from "../image/orphans.ts";
import { CloudError } from "../openstack/errors.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { ownerCheckMs } from "../source/item.ts";
import { type Actor, commit, load, underWaySinceMs } from "./actor.ts";
import { carryOut } from "./carry-out.ts";
import type { Ctx } from "../context.ts";
import type { Deps } from "./step.ts";
import { checkCurrent } from "./check-current.ts";
import { contextFor } from "./session.ts";

/** Most rounds of one message: mark, take the protection off, delete, see the 404, then the same for the snapshots. */
const MAX_ROUNDS = 7;
const PENDING_RETRY_MS = 30_000;
const TRANSIENT_RETRY_MS = 300_000;
const KEPT_RETRY_MS = 3_600_000;

/** @returns milliseconds until the next try. 0: nothing is left to do, or the record says when. */
type Work = (ctx: Ctx, here: Place, deps: Deps) => Promise<number>;

const ALWAYS: Work[] = [projectIfDue, shareIfDue, findLateAttempts];
/** An image that is current again is shown at once: the next sweep may be a minute away. */
const BETWEEN_RUNS: Work[] = [checkIfDue, projectIfDue, cleanUp];

/**
 * Does a recipe's work between runs: deletes images whose cooling-off is over, repeats failed deletes, looks for late
 * creates, brings tags in line. While a run is active, its images are left to it. If two workers set a tag at once,
 * Glance stores the tag twice and answers its removal with 500 for good (seen on Zed).
 */
export async function reconcileRecipe(deps: Deps, actor: Actor<RecipeState>): Promise<void> {
  const { recipeName, installationId } = actor.doc;
  await checkRun(deps, actor.doc);
  const idle = actor.doc.activeRun === null;
  const own = contextFor(deps, { recipeName, installationId, cloud: "", region: null });
  if (actor.doc.pointerRequests.length > 0) {
    await carryOut(own, ({ cloud, region }) =>
      contextFor(soon(deps), { recipeName, installationId, cloud, region }),
    );
  }
  const recipeState = await own.changeRecipeState((h) => markStraysForDeletion(h, deps.now()));
  const gapsMs: number[] = [];
  for (const place of placesOf(recipeState)) {
    const ctx = contextFor(deps, { recipeName, installationId, ...place });
    // What the cloud says no to in one of them, or fails at, keeps none of the others from its work.
    for (const work of idle ? [...ALWAYS, ...BETWEEN_RUNS] : ALWAYS) {
      try {
        gapsMs.push(await work(ctx, place, deps));
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        deps.log.warn("clean-up put off", {
          recipe: recipeName,
          cloud: place.cloud,
          reason: error.message,
        });
        gapsMs.push(TRANSIENT_RETRY_MS);
        await own.changeRecipeState((h) => putOffCheck(h, deps.now()));
        if (!isOfOneCall(error)) break;
      }
    }
  }
  if (idle) {
    const waitsMs = gapsMs.filter((ms) => ms > 0);
    await own.changeRecipeState((recipeState) => {
      const retryAtMs = waitsMs.length === 0 ? null : deps.now() + Math.min(...waitsMs);
      return retryAtMs === null && recipeState.retryAtMs === null
        ? null
        : { ...recipeState, retryAtMs };
    });
  }
  await writeDueTime(deps, actor.key);
}

/** Longest wait for the cloud while a person waits for the answer. */
const POLL_MS = 10_000;

function soon(deps: Deps): Deps {
  return { ...deps, untilMs: Math.min(deps.untilMs ?? Infinity, deps.now() + POLL_MS) };
}

/**
 * The sweep postpones an item by one minute when it sends it. Restores the real due time if this pass changed
 * nothing.
 */
async function writeDueTime(deps: Deps, key: Key): Promise<void> {
  const actor = await load(deps.store, key, recipeStateSchema);
  if (actor === null) return;
  const sweepAtMs = recipeDueAtMs(actor.doc);
  if (actor.sweepAtMs !== sweepAtMs) await commit(deps, actor, actor.doc, { sweepAtMs });
}

/** Releases a claim that a paused worker made for a run that has already ended. Nothing else would release it. */
async function checkRun(
  deps: Deps,
  { recipeName, installationId, activeRun, checkRunAtMs }: RecipeState,
): Promise<void> {
  if (activeRun === null || checkRunAtMs === null || checkRunAtMs > deps.now()) return;
  const sinceMs = await underWaySinceMs(deps.store, activeRun);
  const ctx = contextFor(deps, { recipeName, installationId, cloud: "", region: null });
  await ctx.changeRecipeState((recipeState) => {
    if (recipeState.activeRun !== activeRun) return null;
    return sinceMs === null
      ? { ...forgetGoneResources(recipeState), activeRun: null, checkRunAtMs: null }
      : { ...recipeState, checkRunAtMs: deps.now() + ownerCheckMs(deps.now() - sinceMs) };
  });
}

function placesOf(recipeState: RecipeState): Place[] {
  const shown = whereShown(recipeState);
  const all = [
    ...(shown === undefined ? [] : [shown]),
    ...recipeState.images.filter((i) => i.state === "deleting").map((i) => i.where),
    ...recipeState.resources.filter((p) => p.state === "deleting").map((p) => p.where),
    ...recipeState.lateAttempts.map((t) => t.where),
  ];
  const places = new Map(
    all.map(({ cloud, region }) => [`${cloud} ${region ?? ""}`, { cloud, region }]),
  );
  return [...places.values()];
}

/** False of a cloud that does not answer, or asks for fewer calls: the next call would fare no better. */
function isOfOneCall({ kind, call }: CloudError): boolean {
  return kind === "refused" || (call?.status ?? 0) >= 500;
}

async function checkIfDue(ctx: Ctx, here: Place, deps: Deps): Promise<number> {
  await checkCurrent(deps, ctx, here);
  return 0;
}

async function findLateAttempts(ctx: Ctx, here: Place, { log }: Deps): Promise<number> {
  const now = ctx.now();
  for (const late of (await ctx.recipeState()).lateAttempts) {
    if (
      late.where.cloud !== here.cloud ||
      late.where.region !== here.region ||
      late.nextCheckAtMs > now
    )
      continue;
    try {
      await checkLateAttempt(ctx, late, now);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      const { recipeName, lateAttempts } = await ctx.changeRecipeState((recipeState) =>
        afterFailedCheck(recipeState, late, error, now),
      );
      if (!lateAttempts.some(({ attemptId }) => attemptId === late.attemptId))
        log.warn("what a create may have made is looked for no more", {
          recipe: recipeName,
          cloud: here.cloud,
          name: late.name,
        });
      throw error;
    }
  }
  return 0;
}

async function checkLateAttempt(ctx: Ctx, late: LateAttempt, now: number): Promise<void> {
  const created = (await findCreated(ctx, late)) ?? (await findCopy(ctx, late));
  const isNew = created !== null && !isKnownImage(await ctx.recipeState(), created.id);
  if (created !== null)
    await ctx.changeRecipeState((recipeState) =>
      markCreatedForDeletion(recipeState, created, late, now),
    );
  const isSettled = created !== null || (await fence(ctx, late));
  const isThere = isImageThere(await ctx.recipeState(), late);
  if (!isNew && !isThere && late.kind === "create-image") {
    const orphans = await findOrphans(ctx, await ctx.recipeState(), [late.name]);
    await ctx.changeRecipeState((recipeState) =>
      addResources(recipeState, orphanResources(orphans, late, now)),
    );
  }
  // The image with this id may be of another create: this attempt's request may still arrive, and leave snapshots.
  const isFound = isNew && late.imageId === null;
  await ctx.changeRecipeState((recipeState) =>
    afterLateCheck(recipeState, late, { isFound, isThere, isSettled }, now),
  );
}

/**
 * The run at work shows the image that it has promoted. Two that set one tag at once would make Glance keep it twice,
 * and answer its removal with 500 for good (seen on Zed).
 */
async function isProjecting(ctx: Ctx, recipeState: RecipeState): Promise<boolean> {
  if (recipeState.activeRun === null) return false;
  if (isShownByRun(recipeState)) return true;
  const hasPromoted = recipeState.images.some(
    (i) => i.run === recipeState.activeRun && i.promotedAtMs !== null,
  );
  const run = hasPromoted ? await load(ctx.store, runKey(recipeState.activeRun), runSchema) : null;
  return run?.doc.step === "promote-image";
}

async function projectIfDue(ctx: Ctx, here: Place): Promise<number> {
  const recipeState = await ctx.recipeState();
  const where = whereShown(recipeState);
  const due = recipeState.projectAtMs !== null && recipeState.projectAtMs <= ctx.now();
  const isHere = where?.cloud === here.cloud && where.region === here.region;
  if (!due || !isHere || (await isProjecting(ctx, recipeState))) return 0;
  try {
    await project(ctx);
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    // What the cloud refuses is not tried again each minute.
    const { projectAtMs } = recipeState;
    const laterMs = ctx.now() + TRANSIENT_RETRY_MS;
    await ctx.changeRecipeState((h) =>
      h.projectAtMs === projectAtMs ? { ...h, projectAtMs: laterMs } : null,
    );
    throw error;
  }
  return 0;
}

/** Also while a run is active: two workers that share one image do no harm. */
async function shareIfDue(ctx: Ctx, here: Place): Promise<number> {
  const recipeState = await ctx.recipeState();
  const { shareDue } = recipeState;
  const where = whereShown(recipeState);
  const isHere = where?.cloud === here.cloud && where.region === here.region;
  if (isHere && shareDue !== null && shareDue.atMs <= ctx.now()) await share(ctx);
  return 0;
}

/** @returns milliseconds until the next try. 0: nothing is left to do. */
async function cleanUp(ctx: Ctx, here: Place): Promise<number> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const nowMs = ctx.now();
    const recipeState = await ctx.recipeState();
    const images = planRemoval(recipeState, await seeRemoval(ctx, recipeState, here), here, nowMs);
    const deleting = deletingResources(recipeState, here, nowMs);
    const resources = planResources(deleting, await seeResources(ctx, deleting), nowMs);
    const deletesOnly =
      images.ops.every((op) => op.kind === "delete") &&
      resources.ops.every((op) => op.kind === "delete");
    const undone = resources.ops.flatMap((op) =>
      op.kind === "delete" && op.why !== null ? [{ id: op.resource.id, why: op.why }] : [],
    );
    await ctx.changeRecipeState((h) => noteKept(h, deleting, [...resources.kept, ...undone]));
    await ctx.changeRecipeState((h) => noteKeptImages(h, images.kept, nowMs));
    await remove(ctx, images.ops);
    await removeResources(ctx, resources.ops);
    const asked = images.ops.length + resources.ops.length;
    const pending = images.pending.length + resources.pending.length;
    const kept = images.kept.length + resources.kept.length;
    if (asked === 0) return pending > 0 ? PENDING_RETRY_MS : kept > 0 ? KEPT_RETRY_MS : 0;
    if (deletesOnly && round > 1) return PENDING_RETRY_MS;
  }
  return PENDING_RETRY_MS;
}
