import { CloudError, IncompleteListError } from "../openstack/errors.ts";
import { comparableId } from "../cloud-ids.ts";
import type { ImageReferences, Snapshot, Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Head, Part } from "./head.ts";
import { isPutOff, noteRefused, partGone } from "./ledger.ts";
import { type Place, PUT_OFF } from "./removal.ts";

/** Snapshots and temporary volumes that nobody of ours needs any more. */
export interface PartPlan {
  ops: Array<{ kind: "delete" | "gone"; part: Part }>;
  kept: Array<{ id: string; why: string }>;
  pending: string[];
}

export interface PartsSeen {
  /** Doomed parts as GET shows them; null: 404. */
  parts: ReadonlyMap<string, Snapshot | Volume | null>;
  volumes: Volume[];
  /** Which images name a snapshot, by its comparable id, of all images these credentials can see. */
  namedBy: ReadonlyMap<string, string[]>;
  /** Something that could not be read and may need any snapshot. Null: all was read. */
  unread: string | null;
}

export function planParts(doomed: Part[], seen: PartsSeen, nowMs: number): PartPlan {
  const plan: PartPlan = { ops: [], kept: [], pending: [] };
  for (const part of doomed) {
    const there = seen.parts.get(part.id);
    if (there === undefined) continue;
    if (there === null) {
      plan.ops.push({ kind: "gone", part });
      continue;
    }
    const why = keepReason(part, there, seen, doomed);
    if (isPutOff(part, nowMs)) plan.kept.push({ id: part.id, why: PUT_OFF });
    else if (why === "wait") plan.pending.push(part.id);
    else if (why !== null) plan.kept.push({ id: part.id, why });
    else if (there.status === "available" || there.status.startsWith("error"))
      plan.ops.push({ kind: "delete", part });
    else plan.pending.push(part.id);
  }
  return plan;
}

function keepReason(
  part: Part,
  there: Snapshot | Volume,
  seen: PartsSeen,
  doomed: Part[],
): string | null {
  if (part.kind === "volume") {
    const attached = "attachments" in there && there.attachments.length > 0;
    return attached ? "attached to a server" : null;
  }
  const id = comparableId(part.id);
  const images = seen.namedBy.get(id) ?? [];
  if (images.length > 0) return `named by ${shortList("image", images)}`;
  const made = seen.volumes.filter((v) => comparableId(v.snapshotId ?? "") === id);
  if (made.some((v) => doomed.some((d) => d.id === v.id))) return "wait";
  if (made.length > 0) {
    const ids = made.map((v) => v.id);
    return `${shortList("volume", ids)} ${made.length === 1 ? "was" : "were"} made from it`;
  }
  return seen.unread;
}

function shortList(kind: string, ids: string[]): string {
  const others = ids.length - 3;
  return `${kind} ${ids.slice(0, 3).join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

export function doomedParts(head: Head, here: Place): Part[] {
  return head.parts.filter(
    (p) => p.state === "doomed" && p.where.cloud === here.cloud && p.where.region === here.region,
  );
}

/**
 * Snapshots are looked at before images are listed: one that an image names later is then not among them. Every
 * image service of the catalog is asked for every image; one page that fails, and nothing is deleted. A list that is
 * given up, or an entry that cannot be read, may need any snapshot: then all are kept, with the reason.
 */
export async function seeParts(ctx: Ctx, doomed: Part[]): Promise<PartsSeen> {
  const { volumes: port } = ctx.cloud;
  const parts = new Map<string, Snapshot | Volume | null>();
  for (const { kind, id } of doomed) {
    parts.set(id, kind === "volume" ? await port.volume(id) : await port.snapshot(id));
  }
  const snapshots = doomed.filter((p) => p.kind === "snapshot" && parts.get(p.id) !== null);
  const seen = { parts, volumes: [], namedBy: new Map(), unread: null };
  return snapshots.length === 0 ? seen : { ...seen, ...(await seeUsers(ctx)) };
}

/** What may need a snapshot. */
async function seeUsers(ctx: Ctx): Promise<Omit<PartsSeen, "parts">> {
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

export async function removeParts(ctx: Ctx, ops: PartPlan["ops"]): Promise<void> {
  for (const { kind, part } of ops) {
    if (kind === "gone") {
      await ctx.changeHead((head) => partGone(head, part.kind, part.id));
      continue;
    }
    const head = await ctx.head();
    const entry = head.parts.find((p) => p.kind === part.kind && p.id === part.id);
    if (entry?.state !== "doomed") continue;
    try {
      if (part.kind === "volume") await ctx.cloud.volumes.deleteVolume(part.id);
      else await ctx.cloud.volumes.deleteSnapshot(part.id);
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
      await ctx.changeHead((h) => noteRefused(h, part.id, ctx.now()));
    }
  }
}
