import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Member } from "../recipe/sharing.ts";
import { settleMs } from "../run/intent.ts";
import { DOUBLED_MS, membersOf, removeDoubled } from "./doubled-members.ts";
import { imageOf } from "./inventory.ts";
import type { InventoryImage, RecipeState, SeenMember } from "./recipe-state.ts";
import { announceShared, isToShare } from "./sharing.ts";
import { forgetShared, isSamePass, stillToTakeBack, type TakingBack } from "./taking-back.ts";

/** Passes by itself: an outage. */
const SOON_MS = 5 * 60_000;
/** Somebody has deleted the image, or one of several Glances does not show it yet. */
const MISSING_MS = 15 * 60_000;
/** Somebody has to act: a policy, a quota, credentials of a member. */
const LATER_MS = 3_600_000;

/** What came of sharing the current image. */
interface Pass {
  seen: SeenMember[];
  /** When to try again what could not be done. Null: all was done. */
  retryMs: number | null;
}

/**
 * Makes the recipe's members members of the current image, and takes back what they are not to have any more. The current
 * image comes first, so that a member always has one. May be repeated, by several workers at once: each project is written
 * down before it is asked for. Two workers may add a member at the same time, so that it is there twice: the next pass takes
 * one away. A last pass, when no request of a paused worker can be on its way, corrects such a request.
 */
export async function share(ctx: Ctx): Promise<void> {
  const before = await ctx.recipeState();
  if (before.shareDue === null) return;
  const settledAtMs = before.shareDue.sinceMs + settleMs(ctx.timing);
  const isSettled = ctx.now() >= settledAtMs;
  const current = imageOf(before, before.current ?? "");
  const pass: Pass =
    current === undefined ? { seen: [], retryMs: null } : await shareCurrent(ctx, before, current);
  const has = new Set(pass.seen.flatMap(({ project, status }) => (status === null ? [] : project)));
  const retryMs = soonest(pass.retryMs, await takeBackAll(ctx, before, { before, has, isSettled }));
  const nextAtMs = retryMs !== null ? ctx.now() + retryMs : isSettled ? null : settledAtMs;
  await ctx.changeRecipeState((now) => passed(now, before, pass.seen, nextAtMs));
}

/** Null: somebody made a pass due meanwhile, which this one did not know of. */
function passed(
  now: RecipeState,
  before: RecipeState,
  seenMembers: SeenMember[],
  nextAtMs: number | null,
): RecipeState | null {
  if (now.shareDue === null || !isSamePass(now, before)) return null;
  const { sinceMs } = now.shareDue;
  return { ...now, seenMembers, shareDue: nextAtMs === null ? null : { sinceMs, atMs: nextAtMs } };
}

function soonest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

async function shareCurrent(
  ctx: Ctx,
  { sharing }: RecipeState,
  entry: InventoryImage,
): Promise<Pass> {
  const { members } = sharing;
  if (members.length === 0) return { seen: [], retryMs: null };
  try {
    const image = await ctx.cloud.images.image(entry.id);
    if (image === null) return allWait(members, "the image is not there", MISSING_MS);
    if (image.visibility !== "shared" && !isPrivateByIms(image))
      return allWait(members, `the image is ${image.visibility}, not shared`, LATER_MS);
    const have = await ctx.cloud.imageMembers.members(entry.id);
    const statusOf = new Map(have.map(({ project, status }) => [project, status]));
    const missing = members.flatMap(({ project }) => (statusOf.has(project) ? [] : project));
    const announcedAtMs = ctx.now();
    if (missing.length > 0)
      await ctx.changeRecipeState((now) => announceShared(now, entry.id, missing));
    const seen: SeenMember[] = [];
    const retries: Array<number | null> = [];
    for (const member of members) {
      const status = statusOf.get(member.project) ?? null;
      const { retryMs, ...is } = await shareWith(ctx, entry, member, { status, announcedAtMs });
      seen.push({ project: member.project, ...is });
      retries.push(retryMs);
    }
    const ours = [...entry.sharedWith, ...members.map(({ project }) => project)];
    const isDoubled = await removeDoubled(ctx.cloud.imageMembers, entry.id, { have, ours });
    if (isDoubled) retries.push(DOUBLED_MS);
    return { seen, retryMs: retries.reduce(soonest, null) };
  } catch (error) {
    const { why, retryMs } = hindranceOf(error);
    return allWait(members, why, retryMs);
  }
}

/**
 * Private images are what IMS shares. Its own images bear this property (Image Management Service API reference, "Image
 * Attributes", "Adding an Image Sharing Member (Native OpenStack API)"; user guide, "Sharing Specified Images").
 */
function isPrivateByIms({ visibility, properties }: Image): boolean {
  return visibility === "private" && properties["__imagetype"] === "private";
}

function allWait(members: readonly Member[], why: string, retryMs: number): Pass {
  return { seen: members.map(({ project }) => ({ project, status: null, why })), retryMs };
}

type Shared = Omit<SeenMember, "project"> & { retryMs: number | null };

async function shareWith(
  ctx: Ctx,
  entry: InventoryImage,
  member: Member,
  at: { status: string | null; announcedAtMs: number },
): Promise<Shared> {
  let { status } = at;
  try {
    if (status === null) {
      const isStill = isToShare(await ctx.recipeState(), entry.id, member.project);
      if (!isStill || ctx.now() > at.announcedAtMs + ctx.timing.windowMs)
        return { status, why: null, retryMs: SOON_MS };
      const isAdded = await ctx.cloud.imageMembers.add(entry.id, member.project);
      // The list did not show it a moment ago. The next pass looks whether it is a member now.
      if (!isAdded) return { status, why: null, retryMs: SOON_MS };
      status = "pending";
    }
    if (status === "rejected")
      return { status, why: "the project has rejected the image", retryMs: null };
    if (status !== "accepted" && member.accept && member.cloud !== null) {
      await accept(ctx, entry, member.project, member.cloud);
      status = "accepted";
    }
    return { status, why: null, retryMs: null };
  } catch (error) {
    return { status, ...hindranceOf(error) };
  }
}

/** By the credentials of the member: Glance lets nobody else accept. */
async function accept(
  ctx: Ctx,
  entry: InventoryImage,
  project: string,
  cloud: string,
): Promise<void> {
  const theirs = ctx.openCloud({ cloud, region: entry.where.region });
  const { projectId } = await theirs.authenticate();
  if (projectId !== project)
    throw new CloudError(`${cloud} of clouds.yaml is for project ${projectId}, not ${project}`, {
      kind: "refused",
      code: "configuration",
    });
  await theirs.imageMembers.accept(entry.id, project);
}

/** @returns when to try again what could not be taken back. */
async function takeBackAll(
  ctx: Ctx,
  { images }: RecipeState,
  round: TakingBack,
): Promise<number | null> {
  const retries: Array<number | null> = [];
  for (const { id, where } of images) {
    try {
      retries.push(await takeBack(ctx, { id, where }, round));
    } catch (error) {
      retries.push(hindranceOf(error).retryMs);
    }
  }
  return retries.reduce(soonest, null);
}

/** The image is asked for where it was made: the recipe may name another cloud or region since. */
async function takeBack(
  ctx: Ctx,
  { id, where }: Pick<InventoryImage, "id" | "where">,
  round: TakingBack,
): Promise<number | null> {
  const projects = stillToTakeBack(round.before, id, round);
  if (projects.length === 0) return null;
  const { imageMembers } = ctx.openCloud({ cloud: where.cloud, region: where.region });
  for (const project of projects) {
    // A rollback may have made the image current meanwhile. The pass that follows it corrects what is asked within the window.
    const readAtMs = ctx.now();
    const isStill = stillToTakeBack(await ctx.recipeState(), id, round).includes(project);
    if (!isStill || ctx.now() > readAtMs + ctx.timing.windowMs) return SOON_MS;
    await imageMembers.remove(id, project);
  }
  const isLeft = (await membersOf(imageMembers, id)).some(({ project }) =>
    projects.includes(project),
  );
  if (isLeft) return DOUBLED_MS;
  // Before that, a paused worker may still have added one after it was taken back.
  if (round.isSettled) await ctx.changeRecipeState((now) => forgetShared(now, id, projects, round));
  return null;
}

/** @throws what is no answer of a cloud. */
function hindranceOf(error: unknown): { why: string; retryMs: number } {
  if (!(error instanceof CloudError)) throw error;
  return { why: error.message, retryMs: error.kind === "refused" ? LATER_MS : SOON_MS };
}
