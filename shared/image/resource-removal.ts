import { CloudError, IncompleteListError } from "../openstack/errors.ts";
import { comparableId } from "../cloud-ids.ts";
import type { ImageReferences, Snapshot, Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { RecipeState, BackingResource } from "./recipe-state.ts";
import { isPutOff, noteRefused, resourceGone } from "./inventory.ts";
import { type Place, PUT_OFF } from "./removal.ts";

/** Snapshots and temporary volumes that nobody of ours needs any more. */
export interface ResourcePlan {
  ops: Array<{ kind: "delete" | "gone"; resource: BackingResource }>;
  kept: Array<{ id: string; why: string }>;
  pending: string[];
}

export interface ResourcesSeen {
  /** Resources marked for deletion as GET shows them; null: 404. */
  resources: ReadonlyMap<string, Snapshot | Volume | null>;
  volumes: Volume[];
  /** Which images name a snapshot, by its comparable id, of all images these credentials can see. */
  namedBy: ReadonlyMap<string, string[]>;
  /** Something that could not be read and may need any snapshot. Null: all was read. */
  unread: string | null;
}

export function planResources(
  deleting: BackingResource[],
  seen: ResourcesSeen,
  nowMs: number,
): ResourcePlan {
  const plan: ResourcePlan = { ops: [], kept: [], pending: [] };
  for (const resource of deleting) {
    const there = seen.resources.get(resource.id);
    if (there === undefined) continue;
    if (there === null) {
      plan.ops.push({ kind: "gone", resource });
      continue;
    }
    const why = keepReason(resource, there, seen, deleting);
    if (isPutOff(resource, nowMs)) plan.kept.push({ id: resource.id, why: PUT_OFF });
    else if (why === "wait") plan.pending.push(resource.id);
    else if (why !== null) plan.kept.push({ id: resource.id, why });
    else if (there.status === "available" || there.status.startsWith("error"))
      plan.ops.push({ kind: "delete", resource });
    else plan.pending.push(resource.id);
  }
  return plan;
}

function keepReason(
  resource: BackingResource,
  there: Snapshot | Volume,
  seen: ResourcesSeen,
  deleting: BackingResource[],
): string | null {
  if (resource.kind === "volume") {
    const attached = "attachments" in there && there.attachments.length > 0;
    return attached ? "attached to a server" : null;
  }
  const id = comparableId(resource.id);
  const images = seen.namedBy.get(id) ?? [];
  if (images.length > 0) return `named by ${shortList("image", images)}`;
  const created = seen.volumes.filter((v) => comparableId(v.snapshotId ?? "") === id);
  if (created.some((v) => deleting.some((d) => d.id === v.id))) return "wait";
  if (created.length > 0) {
    const ids = created.map((v) => v.id);
    return `${shortList("volume", ids)} ${created.length === 1 ? "was" : "were"} made from it`;
  }
  return seen.unread;
}

function shortList(kind: string, ids: string[]): string {
  const others = ids.length - 3;
  return `${kind} ${ids.slice(0, 3).join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

export function deletingResources(recipeState: RecipeState, here: Place): BackingResource[] {
  return recipeState.resources.filter(
    (p) => p.state === "deleting" && p.where.cloud === here.cloud && p.where.region === here.region,
  );
}

/**
 * Snapshots are looked at before images are listed: one that an image names later is then not among them. Every
 * image service of the catalog is asked for every image; one page that fails, and nothing is deleted. A list that is
 * given up, or an entry that cannot be read, may need any snapshot: then all are kept, with the reason.
 */
export async function seeResources(ctx: Ctx, deleting: BackingResource[]): Promise<ResourcesSeen> {
  const { volumes: port } = ctx.cloud;
  const resources = new Map<string, Snapshot | Volume | null>();
  for (const { kind, id } of deleting) {
    resources.set(id, kind === "volume" ? await port.volume(id) : await port.snapshot(id));
  }
  const snapshots = deleting.filter((p) => p.kind === "snapshot" && resources.get(p.id) !== null);
  const seen = { resources, volumes: [], namedBy: new Map(), unread: null };
  return snapshots.length === 0 ? seen : { ...seen, ...(await seeUsers(ctx)) };
}

/** What may need a snapshot. */
async function seeUsers(ctx: Ctx): Promise<Omit<ResourcesSeen, "resources">> {
  const namedBy = new Map<string, string[]>();
  const unread = new Set<string>();
  let volumes: Volume[] = [];
  try {
    volumes = await ctx.cloud.volumes.volumes();
    for (const volume of volumes) {
      const field = volume.oddFields.find((odd) => odd === "snapshot_id" || odd === "record");
      if (field !== undefined) unread.add(unreadVolume(volume, field));
    }
    for (const service of await ctx.cloud.everyImageService()) {
      for (const image of await service.everyImage()) {
        note(namedBy, image);
        if (image.oddField !== null) unread.add(unreadImage(image, image.oddField));
      }
    }
  } catch (error) {
    if (!(error instanceof IncompleteListError)) throw error;
    unread.add(error.message);
  }
  return { volumes, namedBy, unread: summed([...unread]) };
}

function unreadImage({ id, ownerProjectId }: ImageReferences, field: string): string {
  const owner = ownerProjectId === null ? "of an unknown project" : `of project ${ownerProjectId}`;
  return `image ${id} ${owner} may need it: its ${field} cannot be read`;
}

function unreadVolume({ id, projectId }: Volume, field: string): string {
  const owner = projectId === null ? "" : ` of project ${projectId}`;
  return `volume ${id || "without an id"}${owner} may need it: its ${field} cannot be read`;
}

function summed([first, ...others]: string[]): string | null {
  if (first === undefined) return null;
  return others.length === 0 ? first : `${first} (and ${others.length} more like that)`;
}

function note(namedBy: Map<string, string[]>, image: ImageReferences): void {
  for (const id of image.snapshotIds.map(comparableId)) {
    const images = namedBy.get(id);
    if (images === undefined) namedBy.set(id, [image.id]);
    else images.push(image.id);
  }
}

export async function removeResources(ctx: Ctx, ops: ResourcePlan["ops"]): Promise<void> {
  for (const { kind, resource } of ops) {
    if (kind === "gone") {
      await ctx.changeRecipeState((recipeState) =>
        resourceGone(recipeState, resource.kind, resource.id),
      );
      continue;
    }
    const recipeState = await ctx.recipeState();
    const entry = recipeState.resources.find(
      (p) => p.kind === resource.kind && p.id === resource.id,
    );
    if (entry?.state !== "deleting") continue;
    try {
      if (resource.kind === "volume") await ctx.cloud.volumes.deleteVolume(resource.id);
      else await ctx.cloud.volumes.deleteSnapshot(resource.id);
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
      await ctx.changeRecipeState((h) => noteRefused(h, resource.id, ctx.now()));
    }
  }
}
