import type { ImageView } from "../../view/images.ts";
import { bytes, clock, counted } from "./format.ts";
import { table } from "./table.ts";

const HEADER = ["ID", "NAME", "STATE", "STORED", "CREATED", "NEXT"];

export function imagesText(recipe: string, images: ImageView[], nowMs: number): string[] {
  if (images.length === 0) return [`${recipe} has no image yet.`];
  const rows = images.map((image) => [
    image.id,
    image.name,
    image.state,
    stored(image),
    clock(image.created_at, nowMs),
    next(image.next, nowMs),
  ]);
  return table(HEADER, rows);
}

function stored({ stored_bytes: size, snapshots }: ImageView): string {
  if (snapshots.length > 0) return counted(snapshots.length, "snapshot");
  return size === null ? "–" : bytes(size);
}

function next({ action, at, position, keep, reason }: ImageView["next"], nowMs: number): string {
  switch (action) {
    case "current":
      return "–";
    case "kept":
      return `kept (${position} of ${keep})`;
    case "delete":
      return `beyond keep: delete from ${at === null ? "now" : clock(at, nowMs)}`;
    case "deleting":
      return `being deleted: ${reason ?? "no reason noted"}`;
    case "undecided":
      return "its run is at work";
    case "left_alone":
      return "left alone: of another source";
  }
}
