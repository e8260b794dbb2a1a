import { GONE_AFTER_MS } from "../image/absence.ts";
import { awaitLateAttempts } from "../image/late-attempts.ts";
import { imageOf, markForDeletion } from "../image/inventory.ts";
import type { ImageState } from "../image/recipe-state.ts";
import { planRemoval, type RemovalPlan } from "../image/removal-plan.ts";
import { remove } from "../image/removal.ts";
import { seeRemoval } from "../image/removal-seen.ts";
import {
  opText,
  planResources,
  removeResources,
  type ResourcePlan,
} from "../image/resource-removal.ts";
import { seeResources } from "../image/resources-seen.ts";
import { seeZones, type Verdict, verdictsText } from "../image/verdict.ts";
import { zonesOf } from "../image/region-copy.ts";
import { zoneServices } from "../image/zones.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import { lateAttempts, withImages } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";
import { sourceOf } from "./creations.ts";
import {
  decideDiskImages,
  diskImageVerdicts,
  readWithin,
  seeDiskImages,
  type SeenDiskImages,
} from "./disk-images.ts";

interface Seen {
  /** The image in the image service that made it. Null: 404. */
  image: Image | null;
  /** Verdict of that image service, then of each other zone. */
  verdicts: Verdict[];
  state: ImageState | undefined;
  /** Of further data disks. */
  diskImages: SeenDiskImages;
  /** Of an image that is being deleted, to be made anew. */
  removal: Pick<RemovalPlan, "ops" | "kept">;
  /** Of the images of further data disks, once the first one is gone. */
  parts: ResourcePlan;
}

type Act =
  | { kind: "mark-for-deletion" | "leave-late-attempts" }
  | { kind: "remove"; ops: RemovalPlan["ops"] }
  | { kind: "remove-parts"; ops: ResourcePlan["ops"] };

/** `check-status` has just read the image. The checks of this step are further apart. */
const JUST_SEEN_MS = 2_000;

/** Attempts. A passing fault has ended by the second one, and a broken zone fails every one. */
const MAX_ATTEMPTS = 3;

/**
 * Waits until the image is usable in each zone: present, active, complete, and without a failed synchronisation.
 * There is no way to synchronise again: K5's documents say to delete the image and create it anew.
 */
export const validateSync = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { id } = candidateOf(run);
  const recipeState = await ctx.recipeState();
  const state = imageOf(recipeState, id)?.state;
  const nothing = {
    diskImages: new Map(),
    removal: { ops: [], kept: [] },
    parts: { ops: [], kept: [], pending: [] },
  };
  if (state === "deleting") {
    const here = cloudOf(run);
    const plan = planRemoval(
      recipeState,
      await seeRemoval(ctx, recipeState, here),
      here,
      ctx.now(),
    );
    return { ...nothing, image: null, verdicts: [], state, removal: ofImage(plan, id) };
  }
  if (state === "gone") {
    const left = recipeState.resources.filter(
      (p) => p.kind === "image" && p.imageId === id && p.state === "deleting",
    );
    const parts =
      left.length === 0
        ? nothing.parts
        : planResources(left, await seeResources(ctx, left), ctx.now());
    return { ...nothing, image: null, verdicts: [], state, parts };
  }
  const zones = zonesOf(run);
  const services = await zoneServices(ctx, zones);
  const image = await ctx.cloud.images.recentImage(id, JUST_SEEN_MS);
  const others = image?.status === "active" ? services : [];
  const verdicts = await seeZones(others, id, image, sourceOf(run).inherited, zones);
  const diskImages =
    image?.status === "active"
      ? await seeDiskImages(run, readWithin(ctx, JUST_SEEN_MS))
      : nothing.diskImages;
  verdicts.push(...diskImageVerdicts(run, diskImages));
  return { ...nothing, image, verdicts, state, diskImages };
}

function ofImage({ ops, kept }: RemovalPlan, imageId: string): Seen["removal"] {
  const isOf = ({ id }: { id: string }) => id === imageId;
  return { ops: ops.filter(isOf), kept: kept.filter(isOf) };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  if (seen.state === "deleting") return decideRemoval(run, seen.removal, nowMs);
  const parts = seen.state === "gone" ? decideParts(run, seen.parts, nowMs) : null;
  if (parts !== null) return parts;
  if (seen.state === "gone")
    return {
      kind: "act",
      act: { kind: "leave-late-attempts" },
      text: "gone",
      set: nextAttempt(run),
      thenWaitSeconds: 1,
    };
  const { image } = seen;
  const candidate = candidateOf(run);
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (image === null || image.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidate.id} was active and is ${image === null ? "gone" : image.status}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  return decideDiskImages(run, seen.diskImages, nowMs) ?? decideZones(run, seen.verdicts, nowMs);
}

function decideZones(run: Run, verdicts: Verdict[], nowMs: number): Decision<Act> {
  const candidate = { ...candidateOf(run), missingSinceMs: null };
  const failed = verdicts.filter(({ is }) => is === "failed");
  const lagging = verdicts.filter(({ is }) => is === "lagging");
  if (failed.length > 0)
    return decideFailed(run, verdicts.length > 1 ? verdictsText(failed) : (failed[0]?.why ?? ""));
  if (lagging.length > 0)
    return {
      kind: "wait",
      seconds: gapSeconds(run, nowMs),
      text: verdictsText(lagging),
      set: { candidate },
    };
  const settledAtMs = (candidate.activeAtMs ?? run.stepSinceMs) + run.recipe.settleMs;
  if (nowMs < settledAtMs) {
    const leftMs = settledAtMs - nowMs;
    const text = `settles until ${new Date(settledAtMs).toISOString()}`;
    const seconds = Math.ceil(Math.max(Math.min(leftMs, 30_000), leftMs / 2) / 1000);
    return { kind: "wait", seconds, text, set: { candidate } };
  }
  const text = verdicts.length > 1 ? `usable. ${verdictsText(verdicts)}` : "usable";
  const to = run.recipe.testBoot === null ? "promote-image" : "test-boot";
  return { kind: "advance", to, text, set: { candidate } };
}

function decideFailed(run: Run, reason: string): Decision<Act> {
  if (run.attempt >= MAX_ATTEMPTS) {
    return {
      kind: "fail",
      code: "sync-failed",
      message: `${MAX_ATTEMPTS} images in a row could not be synchronised: ${reason}`,
      remedy: "Give that message to the cloud's operator, then refresh again",
    };
  }
  return { kind: "act", act: { kind: "mark-for-deletion" }, text: reason };
}

/** Waits until this image is gone before the next is made, because the cloud may have no room for two. */
function decideRemoval(run: Run, { ops, kept }: Seen["removal"], nowMs: number): Decision<Act> {
  const seconds = gapSeconds(run, nowMs);
  if (ops.length > 0) {
    const isDelete = ops.every((op) => op.kind === "delete");
    const text = ops.map((op) => `${op.kind} ${op.id}`).join(", ");
    return {
      kind: "act",
      act: { kind: "remove", ops },
      text,
      thenWaitSeconds: isDelete ? seconds : secondsToSecond404(ops),
    };
  }
  const [hindrance] = kept;
  return {
    kind: "wait",
    seconds,
    text: hindrance === undefined ? "being deleted" : `not deleted: ${hindrance.why}`,
  };
}

/** Null: no image of this attempt is left that can be deleted now. */
function decideParts(
  run: Run,
  { ops, pending }: ResourcePlan,
  nowMs: number,
): Decision<Act> | null {
  const seconds = gapSeconds(run, nowMs);
  if (ops.length > 0) {
    const text = ops.map(opText).join(", ");
    return { kind: "act", act: { kind: "remove-parts", ops }, text, thenWaitSeconds: 1 };
  }
  return pending.length === 0 ? null : { kind: "wait", seconds, text: "being deleted" };
}

/** The second 404 counts if it comes soon after the first one: the usual gap may be too long by then. */
function secondsToSecond404(ops: RemovalPlan["ops"]): number {
  return ops.some(({ kind }) => kind === "note-missing") ? GONE_AFTER_MS / 1000 : 0;
}

/** Gap between checks. Grows with the time spent in this step: after an hour it is a few minutes. */
function gapSeconds({ stepSinceMs }: Run, nowMs: number): number {
  return Math.max(3, Math.min(300, Math.round((nowMs - stepSinceMs) / 3000)));
}

function nextAttempt(run: Run): Partial<Run> {
  return {
    attempt: run.attempt + 1,
    step: "prepare-source",
    candidate: null,
    snapshot: null,
    volume: null,
    hook: null,
    savedDisk: null,
    stoppedAtMs: null,
    stops: [],
    restoredAtMs: null,
    unansweredAttempts: [],
    job: null,
    copyJob: undefined,
    plainImage: undefined,
    chosenImageId: null,
    diskImages: [],
    copies: [],
    regionCopies: undefined,
  };
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const now = ctx.now();
  switch (act.kind) {
    case "mark-for-deletion":
      await ctx.changeRecipeState((recipeState) => withImages(recipeState, run, now));
      await ctx.changeRecipeState((recipeState) =>
        markForDeletion(recipeState, candidateOf(run).id, "not synchronised", now),
      );
      return;
    case "remove":
      return remove(ctx, act.ops);
    case "remove-parts":
      return removeResources(ctx, act.ops);
    case "leave-late-attempts":
      // The next attempt knows nothing of this one's unanswered creates: the inventory looks for them from here on.
      await ctx.changeRecipeState((recipeState) =>
        awaitLateAttempts(recipeState, lateAttempts(run, now)),
      );
  }
}
