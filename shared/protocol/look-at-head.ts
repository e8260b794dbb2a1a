import { type Head, headSchema } from "../image/head.ts";
import type { Key } from "../ports.ts";
import { noteKeptImages } from "../image/kept-images.ts";
import { afterLateLook, doomMade, findMade } from "../image/made.ts";
import { doomedParts, planParts, removeParts, seeParts } from "../image/part-removal.ts";
import { project } from "../image/projection.ts";
import { type Place, planRemoval, remove, seeRemoval } from "../image/removal.ts";
import {
  addParts,
  doomStrays,
  forgetGoneParts,
  headDueAtMs,
  imageOf,
  noteKept,
} from "../image/ledger.ts";
import { findOrphans, orphanParts } from "../image/orphans.ts";
import { CloudError } from "../openstack/errors.ts";
import { ownerCheckMs } from "../source/item.ts";
import { type Actor, commit, load, underWaySinceMs } from "./actor.ts";
import type { Ctx } from "../context.ts";
import type { Deps } from "./step.ts";
import { contextFor } from "./turn.ts";

/** Doom, delete, see it gone, its snapshots likewise: what one look gets done at most. */
const MAX_ROUNDS = 6;
const PENDING_RETRY_MS = 30_000;
const WEATHER_RETRY_MS = 300_000;
const KEPT_RETRY_MS = 3_600_000;

/**
 * What a recipe owes between runs: images whose cooling-off is over, deletes that did not succeed yet, creates that
 * may still show up, tags to be brought in line. While there is a run, images are left to it: a tag that two set at
 * once Glance has twice, and then answers its removal with 500 for good (seen on Zed), and a run whose deletes are
 * done by another would end telling of left-overs.
 */
export async function lookAtHead(deps: Deps, actor: Actor<Head>): Promise<void> {
  const { recipeName, home } = actor.doc;
  await checkRun(deps, actor.doc);
  const idle = actor.doc.activeRun === null;
  const own = contextFor(deps, { recipeName, home, cloud: "", region: null });
  const head = await own.changeHead((h) => doomStrays(h, deps.now()));
  let nextMs = 0;
  for (const place of placesOf(head)) {
    const ctx = contextFor(deps, { recipeName, home, ...place });
    try {
      await lookForLateTries(ctx, place);
      if (idle) await projectIfDue(ctx, place);
      if (idle) nextMs = Math.max(nextMs, await cleanUp(ctx, place));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      deps.log.warn("clean-up put off", {
        recipe: recipeName,
        cloud: place.cloud,
        reason: error.message,
      });
      nextMs = WEATHER_RETRY_MS;
    }
  }
  if (idle) {
    await own.changeHead((head) => {
      const retryAtMs = nextMs === 0 ? null : deps.now() + nextMs;
      return retryAtMs === null && head.retryAtMs === null ? null : { ...head, retryAtMs };
    });
  }
  await writeDueTime(deps, actor.key);
}

/** The sweep has put the head off by a minute: where there was nothing to change, its true time is written down again. */
async function writeDueTime(deps: Deps, key: Key): Promise<void> {
  const actor = await load(deps.store, key, headSchema);
  if (actor === null) return;
  const sweepAtMs = headDueAtMs(actor.doc);
  if (actor.sweepAtMs !== sweepAtMs) await commit(deps, actor, actor.doc, { sweepAtMs });
}

/** A worker that was paused across the end of its run may still take the head for it: nobody else would let go of it. */
async function checkRun(
  deps: Deps,
  { recipeName, home, activeRun, checkRunAtMs }: Head,
): Promise<void> {
  if (activeRun === null || checkRunAtMs === null || checkRunAtMs > deps.now()) return;
  const sinceMs = await underWaySinceMs(deps.store, activeRun);
  const ctx = contextFor(deps, { recipeName, home, cloud: "", region: null });
  await ctx.changeHead((head) => {
    if (head.activeRun !== activeRun) return null;
    return sinceMs === null
      ? { ...forgetGoneParts(head), activeRun: null, checkRunAtMs: null }
      : { ...head, checkRunAtMs: deps.now() + ownerCheckMs(deps.now() - sinceMs) };
  });
}

function placesOf(head: Head): Place[] {
  const current = imageOf(head, head.current ?? "");
  const all = [
    ...(current === undefined ? [] : [current.where]),
    ...head.images.filter((i) => i.state === "doomed").map((i) => i.where),
    ...head.parts.filter((p) => p.state === "doomed").map((p) => p.where),
    ...head.lateTries.map((t) => t.where),
  ];
  const places = new Map(
    all.map(({ cloud, region }) => [`${cloud} ${region ?? ""}`, { cloud, region }]),
  );
  return [...places.values()];
}

async function lookForLateTries(ctx: Ctx, here: Place): Promise<void> {
  const now = ctx.now();
  for (const late of (await ctx.head()).lateTries) {
    if (
      late.where.cloud !== here.cloud ||
      late.where.region !== here.region ||
      late.nextLookAtMs > now
    )
      continue;
    const made = await findMade(ctx, late);
    if (made !== null) await ctx.changeHead((head) => doomMade(head, made, late, now));
    if (made === null && late.kind === "create-image") {
      const orphans = await findOrphans(ctx, await ctx.head(), [late.name]);
      await ctx.changeHead((head) => addParts(head, orphanParts(orphans, late, now)));
    }
    await ctx.changeHead((head) => afterLateLook(head, late, made !== null, now));
  }
}

async function projectIfDue(ctx: Ctx, here: Place): Promise<void> {
  const head = await ctx.head();
  const where = imageOf(head, head.current ?? "")?.where;
  const due = head.projectAtMs !== null && head.projectAtMs <= ctx.now();
  if (due && where?.cloud === here.cloud && where.region === here.region) await project(ctx);
}

/** @returns milliseconds until the next try; 0: nothing is left. */
async function cleanUp(ctx: Ctx, here: Place): Promise<number> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const nowMs = ctx.now();
    const head = await ctx.head();
    const images = planRemoval(head, await seeRemoval(ctx, head, here), here, nowMs);
    const doomed = doomedParts(head, here);
    const parts = planParts(doomed, await seeParts(ctx, doomed), nowMs);
    const deletesOnly =
      images.ops.every((op) => op.kind === "delete") &&
      parts.ops.every((op) => op.kind === "delete");
    await ctx.changeHead((h) => noteKept(h, doomed, parts.kept));
    await ctx.changeHead((h) => noteKeptImages(h, images.kept, nowMs));
    await remove(ctx, images.ops);
    await removeParts(ctx, parts.ops);
    const asked = images.ops.length + parts.ops.length;
    const pending = images.pending.length + parts.pending.length;
    const kept = images.kept.length + parts.kept.length;
    if (asked === 0) return pending > 0 ? PENDING_RETRY_MS : kept > 0 ? KEPT_RETRY_MS : 0;
    if (deletesOnly && round > 1) return PENDING_RETRY_MS;
  }
  return PENDING_RETRY_MS;
}
