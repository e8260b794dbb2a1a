import { CloudError } from "../openstack/errors.ts";
import type { Image, Snapshot, Volume } from "../cloud-ports.ts";
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
  /** Which images name a snapshot, of all these credentials can see. */
  namedBy: ReadonlyMap<string, string[]>;
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
  const images = seen.namedBy.get(part.id) ?? [];
  if (images.length > 0) return `named by image ${images.join(", ")}`;
  const made = seen.volumes.filter((v) => v.snapshotId === part.id);
  if (made.some((v) => doomed.some((d) => d.id === v.id))) return "wait";
  return made.length > 0 ? `volume ${made.map((v) => v.id).join(", ")} was made from it` : null;
}

export function doomedParts(head: Head, here: Place): Part[] {
  return head.parts.filter(
    (p) => p.state === "doomed" && p.where.cloud === here.cloud && p.where.region === here.region,
  );
}

/**
 * Snapshots are looked at before images are listed: one that an image names later is then not among them. Every
 * image service of the catalog is asked for every image; one page that fails, and nothing is deleted.
 */
export async function seeParts(ctx: Ctx, doomed: Part[]): Promise<PartsSeen> {
  const { volumes: port } = ctx.cloud;
  const parts = new Map<string, Snapshot | Volume | null>();
  for (const { kind, id } of doomed) {
    parts.set(id, kind === "volume" ? await port.volume(id) : await port.snapshot(id));
  }
  const snapshots = doomed.filter((p) => p.kind === "snapshot" && parts.get(p.id) !== null);
  if (snapshots.length === 0) return { parts, volumes: [], namedBy: new Map() };
  const volumes = await port.volumes();
  const namedBy = new Map<string, string[]>();
  for (const service of await ctx.cloud.everyImageService()) {
    for (const image of await service.everyImage()) note(namedBy, image);
  }
  return { parts, volumes, namedBy };
}

function note(namedBy: Map<string, string[]>, image: Image): void {
  for (const id of image.snapshotIds) namedBy.set(id, [...(namedBy.get(id) ?? []), image.id]);
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
