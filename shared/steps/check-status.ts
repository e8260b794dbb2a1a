import type { RecipeState } from "../image/recipe-state.ts";
import { addBackup } from "../image/image-backups.ts";
import { addResources } from "../image/backing-resources.ts";
import type { Backup } from "../backups.ts";
import type { Image, Snapshot } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { isByIms } from "../recipe/recipe.ts";
import { backupOriginOf, snapshotResources } from "../run/created-by-run.ts";
import { nextCheckSeconds } from "../run/next-check.ts";
import type { Candidate, Run } from "../run/record.ts";
import { seeInherited, withInherited } from "../source/boot-image.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";
import { contentRefused, isUploadedRaw } from "./content-refused.ts";
import { sourceOf } from "./creations.ts";
import { decideDiskImages, readWithin, seeDiskImages, type SeenDiskImages } from "./disk-images.ts";
import { decideImageBackup, type RegisterBackup, seeImageBackup } from "./image-backup.ts";

interface Seen {
  /** Null: 404. */
  image: Image | null;
  recipeState: RecipeState;
  /** Snapshots that hold a volume-backed image's content, once the image is active. Null: 404. */
  snapshots: Map<string, Snapshot | null>;
  /** Of a full-server image, once the image is active. Null: CBR shows none. */
  backup: Backup | null;
  /** Of further data disks, once the first image is active. */
  diskImages: SeenDiskImages;
  /** The cloud's reason, if the image is gone or its status fell back. */
  cause: { message: string; requestId: string | null } | null;
  /** Reasons of failed synchronisation that the boot image may have handed on. */
  inherited: Record<string, string>;
  /** True if the image service may refuse uploads because of their content. */
  mayCheckContent: boolean;
}

type Act = { kind: "register-snapshots"; snapshotIds: string[] } | RegisterBackup;

/** The image is read once for all that is decided in one check. The next check comes two seconds later or more. */
const SAME_LOOK_MS = 1_000;

/** Waits, with checks minutes apart, until the image has its content. `active` alone does not prove that. */
export const checkStatus = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const candidate = candidateOf(run);
  const { images, volumes } = ctx.cloud;
  const recipeState = await ctx.recipeState();
  const image =
    ctx.listed.get(candidate.id) ?? (await images.recentImage(candidate.id, SAME_LOOK_MS));
  const snapshots = new Map<string, Snapshot | null>();
  if (image?.status === "active" && !hasNewSnapshots(recipeState, run, image, ctx.now())) {
    for (const id of image.snapshotIds) snapshots.set(id, await volumes.snapshot(id));
  }
  const failed = image === null || DELETED.includes(image.status) || fellBack(candidate, image);
  return {
    image,
    recipeState,
    snapshots,
    backup: image?.status === "active" ? await seeImageBackup(ctx, run, recipeState, image) : null,
    diskImages:
      image?.status === "active"
        ? await seeDiskImages(run, readWithin(ctx, SAME_LOOK_MS))
        : new Map(),
    inherited:
      image?.status === "active" ? await seeInherited(ctx.cloud, sourceOf(run), image) : {},
    cause: failed ? await causeOf(ctx, run) : null,
    mayCheckContent:
      failed && isUploadedRaw(run) ? await ctx.cloud.images.mayCheckContent() : false,
  };
}

/** True if the inventory lacks a snapshot of the image: it is written there before the snapshots are read. */
function hasNewSnapshots(recipeState: RecipeState, run: Run, image: Image, nowMs: number): boolean {
  const named = snapshotResources(run, candidateOf(run).id, image.snapshotIds, "kept", nowMs);
  return addResources(recipeState, named) !== null;
}

async function causeOf(ctx: Ctx, run: Run): Promise<Seen["cause"]> {
  const { askedAtMs } = candidateOf(run);
  const sinceMs = askedAtMs - ctx.timing.skewMs;
  // The job that made it has succeeded, and IMS says no more.
  if (isByIms(run.recipe)) return null;
  if (run.recipe.capture === "server")
    return ctx.cloud.compute.failureOf(sourceOf(run).id, "createImage", sinceMs);
  return ctx.cloud.volumes.failureOf(run.volume?.id ?? sourceOf(run).id, sinceMs);
}

/** An upload that breaks sends the image back to `queued`; Cinder then deletes it. */
function fellBack(candidate: Candidate, image: Image): boolean {
  return image.status === "queued" && candidate.wasSaving;
}

/** Statuses of an upload under way. The step also waits on statuses that it does not know, and names them. */
const UPLOADING = ["saving", "uploading", "importing"];
const LOST: Record<string, string> = {
  killed: "The upload broke",
  deactivated: "The image was deactivated",
};
/** Glance sets this status a moment before the image answers 404, and before Nova has written down the reason. */
const DELETED = ["deleted", "pending_delete"];

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const candidate = candidateOf(run);
  const { image, recipeState } = seen;
  if (image === null || DELETED.includes(image.status)) return decideMissing(run, seen, nowMs);
  if (fellBack(candidate, image) || LOST[image.status] !== undefined) {
    if (fellBack(candidate, image) && candidate.missingSinceMs === null) {
      return {
        kind: "wait",
        seconds: 5,
        text: "back to queued",
        set: { candidate: { ...candidate, missingSinceMs: nowMs } },
      };
    }
    const what = LOST[image.status] ?? "The upload broke: the image went back to queued";
    return { kind: "fail", ...uploadFailed(run, `${what}.`, seen, nowMs) };
  }
  if (hasNewSnapshots(recipeState, run, image, nowMs)) {
    return {
      kind: "act",
      act: { kind: "register-snapshots", snapshotIds: image.snapshotIds },
      text: "its snapshots written into the inventory",
    };
  }
  const wasSaving = candidate.wasSaving || UPLOADING.includes(image.status);
  if (image.status === "active")
    return decideActive(run, { ...candidate, wasSaving, missingSinceMs: null }, seen, nowMs);
  const seconds = nextCheckSeconds({
    askedAtMs: candidate.askedAtMs,
    nowMs,
    earlierSeconds: recipeState.uploadSeconds,
    deadlineAtMs: run.deadlineAtMs,
  });
  return {
    kind: "wait",
    seconds,
    text: image.status,
    set: {
      candidate: { ...candidate, wasSaving, missingSinceMs: null },
      source: withInherited(sourceOf(run), image),
    },
  };
}

function decideMissing(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const unsure = waitForSecond404(run, nowMs);
  const explained = seen.cause !== null && candidateOf(run).missingSinceMs !== null;
  if (unsure?.kind === "wait" && !explained) {
    // With the cloud's reason at hand, no second 404 is needed.
    const seconds = seen.cause === null ? unsure.seconds : 2;
    return { ...unsure, seconds, text: seen.image?.status ?? unsure.text };
  }
  return {
    kind: "fail",
    ...uploadFailed(run, "The cloud deleted the image before it was complete.", seen, nowMs),
  };
}

function uploadFailed(run: Run, what: string, seen: Seen, nowMs: number): Problem {
  const { cause } = seen;
  const refused = contentRefused(run, { ...seen, nowMs });
  if (refused !== null) return { ...refused, message: `${what} ${refused.message}` };
  return {
    code: "image-vanished",
    message:
      cause === null
        ? `${what} The cloud gives no reason`
        : `${what} Its reason: "${cause.message}"`,
    remedy: `Give the request ids to the cloud's operator${cause?.requestId ? ` (${cause.requestId})` : ""}; often the image store is full. If somebody deleted the image or the source, refresh again`,
  };
}

function decideActive(run: Run, candidate: Candidate, seen: Seen, nowMs: number): Decision<Act> {
  const { image, snapshots } = seen;
  const snapshotIds = image?.snapshotIds ?? [];
  const isOfBackup = backupOriginOf(run) !== null;
  if (!isOfBackup && snapshotIds.length === 0 && (image?.sizeBytes ?? 0) === 0) {
    return {
      kind: "fail",
      code: "image-empty",
      message: `Image ${candidate.id} is active, empty, and names no snapshot`,
      remedy: "Give the request ids to the cloud's operator, then refresh again",
    };
  }
  for (const [id, snapshot] of snapshots) {
    if (
      snapshot === null ||
      snapshot.status.startsWith("error") ||
      snapshot.status === "deleting"
    ) {
      return {
        kind: "fail",
        code: "snapshot-failed",
        message: `Snapshot ${id}, which holds the image's content, ${snapshot === null ? "was deleted" : `is ${snapshot.status}`}`,
        remedy: "Ask the cloud's operator about the snapshot, then refresh again",
      };
    }
    if (snapshot.status !== "available") {
      return {
        kind: "wait",
        seconds: Math.max(2, Math.min(60, Math.round((nowMs - candidate.askedAtMs) / 2000))),
        text: `snapshot ${snapshot.status}`,
      };
    }
  }
  const decision = isOfBackup ? decideImageBackup(run, candidate.id, seen, nowMs) : null;
  if (decision !== null) return decision;
  const ofDisks = decideDiskImages(run, seen.diskImages, nowMs);
  if (ofDisks !== null) return ofDisks;
  const hasParts = isOfBackup || snapshots.size > 0;
  const activeAtMs = hasParts ? nowMs : becameActiveAtMs(candidate, image, nowMs);
  const source = sourceOf(run);
  const set = {
    candidate: { ...candidate, activeAtMs, sizeBytes: image?.sizeBytes ?? null },
    source: { ...source, inherited: { ...source.inherited, ...seen.inherited } },
  };
  return { kind: "advance", to: "restore-source", text: "active", set };
}

/**
 * Duration of the upload by Glance's own times. The check that first sees the image active is late, and later runs would
 * learn to be as late. Glance writes `updated_at` with the last byte (seen on Zed, 2025.1 and 2026.2), so the difference
 * of its two times is right even if its clock is wrong.
 */
function becameActiveAtMs({ askedAtMs }: Candidate, image: Image | null, nowMs: number): number {
  if (image === null || image.createdAtMs === 0 || image.updatedAtMs < image.createdAtMs)
    return nowMs;
  return Math.min(nowMs, askedAtMs + image.updatedAtMs - image.createdAtMs);
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  if (act.kind === "register-backup") {
    await ctx.changeRecipeState((recipeState) =>
      addBackup(recipeState, act.imageId, act.backupId, ctx.now()),
    );
    return;
  }
  const resources = snapshotResources(run, candidateOf(run).id, act.snapshotIds, "kept", ctx.now());
  await ctx.changeRecipeState((recipeState) => addResources(recipeState, resources));
}
