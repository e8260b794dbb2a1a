import type { ImageView } from "../../view/images.ts";
import { bytes, clock, clockCell, counted } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "ID", give: "never" },
  { name: "NAME", give: "name", leave: 3 },
  { name: "STATE", give: "never" },
  { name: "STORED", give: "text", leave: 1 },
  { name: "CREATED", give: "text", leave: 2 },
  { name: "NEXT", give: "text" },
];

export function imagesText(
  recipe: string,
  images: ImageView[],
  nowMs: number,
  width = Number.POSITIVE_INFINITY,
): string[] {
  if (images.length === 0) return [`${recipe} has no image yet.`];
  return sheetText(imagesSheet(images, nowMs), width);
}

export function imagesSheet(images: ImageView[], nowMs: number): Sheet {
  const rows = images.map((image) => [
    image.id,
    image.name,
    image.state,
    stored(image),
    clockCell(image.created_at, nowMs),
    next(image.next, nowMs),
  ]);
  return { columns: COLUMNS, rows };
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
