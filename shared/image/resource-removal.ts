import { CloudError } from "../openstack/errors.ts";
import { comparableId } from "../cloud-ids.ts";
import type { Backup } from "../backups.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { RecipeState, BackingResource } from "./recipe-state.ts";
import { judge404 } from "./absence.ts";
import { isOfOldImage, noteAsked, noteResourceMissing, resourceGone } from "./backing-resources.ts";
import { otherImages } from "./image-backups.ts";
import { isPutOff, noteRefused } from "./not-deleted.ts";
import { isUndeleted, type ResourcesSeen, type SeenResource } from "./resources-seen.ts";
import { deleteTestServer, notOfTest } from "./test-server.ts";
import { wholePauseAt } from "./pause.ts";
import { type Place, PUT_OFF } from "./removal-plan.ts";

/** Snapshots, temporary volumes, test servers and backups that no image and no run of Regild needs any more. */
export interface ResourcePlan {
  ops: PartOp[];
  kept: Array<{ id: string; why: string }>;
  pending: string[];
}

export type PartOp =
  /** `why`: why an earlier delete was not done, though the cloud accepted it. Null: there was none. */
  | { kind: "delete"; resource: BackingResource; why: string | null }
  /** The cloud accepted a delete and reports that it failed. Regild repeats it much later. */
  | { kind: "failed"; resource: BackingResource; why: string }
  /** Time of the first of two 404s that prove an image gone that Regild did not delete; or it was seen again. */
  | { kind: "note-missing"; resource: BackingResource }
  | { kind: "note-seen"; resource: BackingResource }
  | { kind: "gone"; resource: BackingResource };

export function planResources(
  deleting: BackingResource[],
  seen: ResourcesSeen,
  nowMs: number,
): ResourcePlan {
  const plan: ResourcePlan = { ops: [], kept: [], pending: [] };
  const leaving = new Set(deleting.filter((p) => !isPutOff(p, nowMs)).map(({ id }) => id));
  for (const resource of deleting) {
    const there = seen.resources.get(resource.id);
    if (there === undefined) continue;
    if (there === null) {
      noteGone(plan, resource, nowMs);
      continue;
    }
    if (resource.missingSinceMs !== null) plan.ops.push({ kind: "note-seen", resource });
    const why = keepReason(resource, there, seen, leaving, nowMs);
    if (isPutOff(resource, nowMs))
      plan.kept.push({ id: resource.id, why: resource.why ?? PUT_OFF });
    else if (why === "wait") plan.pending.push(resource.id);
    else if (why !== null) plan.kept.push({ id: resource.id, why });
    else if (isUndeleted(there)) plan.ops.push(deletion(resource, there, seen));
    else plan.pending.push(resource.id);
  }
  return plan;
}

/** One 404 of an image may come from a Glance that lags, unless the cloud has confirmed the delete. */
function noteGone(plan: ResourcePlan, resource: BackingResource, nowMs: number): void {
  const { id, kind, askedAtMs, missingSinceMs: sinceMs, sinceMs: createdAtMs } = resource;
  const isProven = kind !== "image" || askedAtMs !== null;
  const judgement = isProven ? "gone" : judge404({ sinceMs, createdAtMs }, nowMs);
  if (judgement === "gone") plan.ops.push({ kind: "gone", resource });
  else if (judgement === "first") plan.ops.push({ kind: "note-missing", resource });
  else plan.pending.push(id);
}

/**
 * Cinder accepts a delete before it tries, and afterwards shows either `error_deleting` or what it showed before. From
 * `error_deleting` it takes no delete of a project member (volume/api.py of Zed, Epoxy and Hibiscus); other clouds may.
 */
function deletion(
  resource: BackingResource,
  { status }: SeenResource,
  seen: ResourcesSeen,
): PartOp {
  if (resource.kind === "image") return { kind: "delete", resource, why: null };
  const isBroken = status === "error_deleting";
  if (resource.askedAtMs === null && !isBroken) return { kind: "delete", resource, why: null };
  const failure = seen.failures.get(resource.id);
  const request = failure?.requestId == null ? "" : ` (${failure.requestId})`;
  const reason =
    failure === undefined
      ? "The cloud gives no reason"
      : `Its reason: "${failure.message}"${request}`;
  if (isBroken) {
    const why = `the cloud tried to delete it and failed (error_deleting). ${reason}. Only the cloud's operator can help`;
    return { kind: resource.askedAtMs === null ? "delete" : "failed", resource, why };
  }
  const why = `the cloud accepted the delete and did not do it, its status is ${status}. ${reason}`;
  return { kind: "delete", resource, why };
}

/** For the run's timeline. */
export function opText(op: PartOp): string {
  const what = `${op.resource.kind} ${op.resource.id}`;
  return op.kind === "failed" ? `not deleted: ${what}, ${op.why}` : `${op.kind} ${what}`;
}

/** IMS deletes the backup of an image with it. Only one that is still there later is deleted by id. */
const IMS_DELETES_MS = 60_000;

/** Nova deletes the volumes of a test server with it. Only one that it leaves behind is deleted by id. */
const NOVA_DELETES_MS = 60_000;

function keepReason(
  resource: BackingResource,
  there: SeenResource,
  seen: ResourcesSeen,
  leaving: ReadonlySet<string>,
  nowMs: number,
): string | null {
  const { test, run, sinceMs } = resource;
  if ("imageIds" in there) return backupKeepReason(resource, there, nowMs);
  if ("visibility" in there) return imageKeepReason(there);
  if ("taskState" in there) {
    const why = test === null ? "no test is recorded" : notOfTest(there, { run, ...test });
    return why === null ? null : `it is no server of this test: ${why}`;
  }
  if (resource.kind === "volume") {
    if (test !== null && nowMs - sinceMs < NOVA_DELETES_MS) return "wait";
    const attached = "attachments" in there && there.attachments.length > 0;
    return attached ? "attached to a server" : null;
  }
  const id = comparableId(resource.id);
  const images = seen.namedBy.get(id) ?? [];
  if (images.length > 0) return `named by ${shortList("image", images)}`;
  const created = seen.volumes.filter((v) => comparableId(v.snapshotId ?? "") === id);
  if (created.some((v) => leaving.has(v.id))) return "wait";
  if (created.length > 0) {
    const ids = created.map((v) => v.id);
    return `${shortList("volume", ids)} ${created.length === 1 ? "was" : "were"} made from it`;
  }
  return seen.unread;
}

function imageKeepReason({ status, protected: isProtected }: Image): string | null {
  if (status === "deleted" || status === "pending_delete") return "wait";
  return isProtected ? "protected by somebody" : null;
}

function backupKeepReason(
  { imageId, askedAtMs }: BackingResource,
  there: Backup,
  nowMs: number,
): string | null {
  const images = otherImages(there, imageId);
  if (images.length > 0) return `named by ${shortList("image", images)}`;
  return askedAtMs !== null && nowMs - askedAtMs < IMS_DELETES_MS ? "wait" : null;
}

function shortList(kind: string, ids: string[]): string {
  const others = ids.length - 3;
  return `${kind} ${ids.slice(0, 3).join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

/** Resources to delete here. During a pause of everything, without those of images that were current once. */
export function deletingResources(
  recipeState: RecipeState,
  here: Place,
  nowMs: number,
): BackingResource[] {
  const isPaused = wholePauseAt(recipeState, nowMs) !== null;
  return recipeState.resources.filter(
    (p) =>
      p.state === "deleting" &&
      p.where.cloud === here.cloud &&
      p.where.region === here.region &&
      !(isPaused && isOfOldImage(recipeState, p)),
  );
}

export async function removeResources(ctx: Ctx, ops: ResourcePlan["ops"]): Promise<void> {
  for (const op of ops) {
    const { resource } = op;
    if (op.kind === "gone") {
      await ctx.changeRecipeState((recipeState) =>
        resourceGone(recipeState, resource.kind, resource.id),
      );
      continue;
    }
    if (op.kind === "note-missing" || op.kind === "note-seen") {
      const sinceMs = op.kind === "note-seen" ? null : ctx.now();
      await ctx.changeRecipeState((recipeState) =>
        noteResourceMissing(recipeState, resource.id, sinceMs),
      );
      continue;
    }
    if (op.kind === "failed") {
      await ctx.changeRecipeState((recipeState) =>
        noteRefused(recipeState, resource.id, op.why, ctx.now()),
      );
      continue;
    }
    const recipeState = await ctx.recipeState();
    const entry = recipeState.resources.find(
      (p) => p.kind === resource.kind && p.id === resource.id,
    );
    if (entry?.state !== "deleting") continue;
    try {
      if (await deleteResource(ctx, resource))
        await ctx.changeRecipeState((h) => noteAsked(h, resource.id, ctx.now()));
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
      // IMS accepted the delete of a backup, and CBR says why it does not delete it.
      const why = resource.kind === "backup" ? error.message : (op.why ?? error.message);
      await ctx.changeRecipeState((h) => noteRefused(h, resource.id, why, ctx.now()));
    }
  }
}

/** @returns false: it was not there. */
async function deleteResource(ctx: Ctx, resource: BackingResource): Promise<boolean> {
  const { volumes, backups, images } = ctx.cloud;
  switch (resource.kind) {
    case "server":
      await deleteTestServer(ctx, resource);
      return true;
    case "volume":
      await volumes.deleteVolume(resource.id);
      return true;
    case "snapshot":
      await volumes.deleteSnapshot(resource.id);
      return true;
    case "backup":
      await backups.deleteBackup(resource.id);
      return true;
    case "image":
      return images.deleteImage(resource.id);
  }
}
