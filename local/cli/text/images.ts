import { isDeepStrictEqual } from "node:util";
import type * as z from "zod/mini";
import type { imagesDocument, ImageView } from "../../view/images.ts";
import type { ZoneCell } from "../../view/zone-cells.ts";
import { zoneMatrix } from "../../view/zone-matrix.ts";
import { faultText } from "./current-fault.ts";
import { bytes, clock, clockCell, counted, duration } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS = [
  { name: "ID", give: "never" },
  { name: "NAME", give: "name", leave: 3 },
  { name: "STATE", give: "never" },
  { name: "STORED", give: "text", leave: 1 },
  { name: "CREATED", give: "text", leave: 2 },
  { name: "NEXT", give: "text" },
] as const satisfies Column[];

const VERSION: Column = { name: "VERSION", give: "text", leave: 3 };
const SERVER_ZONE: Column = { name: "SERVER ZONE", give: "text", leave: 2 };

const ZONE_TEXTS: Record<ZoneCell, string> = {
  usable: "usable",
  awaited: "not yet",
  fails: "fails",
  not_asked: "–",
};

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
  const hasVersions = images.some(({ version }) => version !== null);
  const matrix = zoneMatrix(images);
  const hasServerZones = matters(images, matrix !== null);
  const rows = images.map((image, index) => [
    image.id,
    image.name,
    ...(hasVersions ? [image.version ?? "–"] : []),
    image.revoked === null ? image.state : "revoked",
    ...(matrix?.rows[index]?.cells.map((cell) => ZONE_TEXTS[cell]) ?? []),
    ...(hasServerZones ? [image.availability_zone ?? "–"] : []),
    imageStored(image),
    clockCell(image.created_at, nowMs),
    image.fault === null ? imageNext(image.next, nowMs) : faultText(image.fault, nowMs),
  ]);
  const [id, name, state, ...others] = COLUMNS;
  const columns = [
    id,
    name,
    ...(hasVersions ? [VERSION] : []),
    state,
    ...(matrix?.zones ?? []).map(zoneColumn),
    ...(hasServerZones ? [SERVER_ZONE] : []),
    ...others,
  ];
  return { columns, rows };
}

/** On a cloud whose servers are all in one availability zone, it says nothing. */
function matters(images: readonly ImageView[], hasZones: boolean): boolean {
  const known = new Set(images.flatMap(({ availability_zone: zone }) => zone ?? []));
  return known.size > (hasZones ? 0 : 1);
}

/** Named so that `-c` finds it: in capitals, with spaces alone. */
function zoneColumn(zone: string): Column {
  return { name: `IN ${zone.toUpperCase().replaceAll(/[-_ ]+/g, " ")}`, give: "text", leave: 4 };
}

/** Null: clean-ups go by what the list goes by. */
export function rulesHint(
  {
    rules,
    applied_rules: applied,
  }: Pick<z.infer<typeof imagesDocument>, "rules" | "applied_rules">,
  isOnAws: boolean,
): string | null {
  if (rules === null || applied === null || isDeepStrictEqual(rules, applied)) return null;
  const until = isOnAws
    ? "these recipes are deployed: npm run deploy"
    : "a host reads the file: regild serve";
  return `! This list goes by recipes.yml (${rulesText(rules)}). Clean-ups go by ${rulesText(applied)} until ${until}`;
}

function rulesText({
  keep,
  newer_than_seconds: newerThan,
  cooling_off_seconds: coolingOff,
  max_deletes: maxDeletes,
}: NonNullable<z.infer<typeof imagesDocument>["rules"]>): string {
  const newer = newerThan === 0 ? "" : `, newer_than ${duration(newerThan)}`;
  return `keep ${keep}${newer}, cooling_off ${duration(coolingOff)}, max_deletes ${maxDeletes}`;
}

/** `Shared with PROJECT (accepted)`, one line a project. */
export function memberLines({
  members,
}: Pick<z.infer<typeof imagesDocument>, "members">): string[] {
  return members.map(({ project, status, problem }) => {
    const what = status === null ? "Not yet shared with" : "Shared with";
    return `${what} ${project}${status === null ? "" : ` (${status})`}${problem === null ? "" : `: ${problem}`}`;
  });
}

/** One line for each image that has to be protected and is not. */
export function protectionLines(images: readonly ImageView[]): string[] {
  return images.flatMap(({ name, protection }) => {
    if (protection?.state === "refused")
      return `! ${name} is not protected: ${protection.reason ?? "the cloud refused it"}`;
    return protection?.state === "lifted"
      ? `${name} is not protected: somebody has taken the protection off`
      : [];
  });
}

/** One line for each set of images: the table has a line for the first image alone. */
export function diskLines(images: readonly ImageView[]): string[] {
  return images.flatMap(({ name, disks }) =>
    disks.length === 0
      ? []
      : `${name} stands for ${disks.map(({ device, image }) => `${device} ${image}`).join(", ")}`,
  );
}

export function imageStored({ stored_bytes: size, snapshots, backup, disks }: ImageView): string {
  if (backup !== null) return "1 backup";
  if (disks.length > 0) return counted(disks.length, "image");
  if (snapshots.length > 0) return counted(snapshots.length, "snapshot");
  return size === null ? "–" : bytes(size);
}

/** What becomes of it, and when. */
export function imageNext(next: ImageView["next"], nowMs: number): string {
  switch (next.action) {
    case "current":
      return "–";
    case "kept":
      return `kept (${next.position} of ${next.keep})`;
    case "delete":
      return keptText(next, nowMs) ?? deleteText(next, nowMs);
    case "deleting":
      return keptText(next, nowMs) ?? `being deleted: ${next.reason ?? "no reason noted"}`;
    case "pinned":
      return `kept: ${next.reason ?? "pinned"}`;
    case "undecided":
      return "its run is at work";
    case "left_alone":
      return `left alone: ${next.reason ?? "no rules are known yet"}`;
  }
}

/** Null: nothing is known to keep the image. */
function keptText({ reason, reason_seen_at: at }: ImageView["next"], nowMs: number): string | null {
  return at === null ? null : `not deleted: ${reason} (seen ${clock(at, nowMs)})`;
}

function deleteText({ at, keep, reason }: ImageView["next"], nowMs: number): string {
  const older = `older than the ${keep === 1 ? "one" : keep} you keep`;
  const why = keep === null ? (reason ?? "no reason noted") : older;
  return at === null || Date.parse(at) <= nowMs
    ? `will be deleted at the next clean-up (${why})`
    : `will be deleted after ${clock(at, nowMs)} (${why})`;
}
