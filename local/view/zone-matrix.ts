import type { ImageView } from "./images.ts";
import type { ZoneCell } from "./zone-cells.ts";

export interface ZoneMatrix {
  zones: string[];
  /** Of each image in the order of the list, one cell a zone. */
  rows: Array<{ image: ImageView; cells: ZoneCell[] }>;
}

/** Each image of a recipe by each zone that one of them was made for. Null: no zone is named. */
export function zoneMatrix(images: readonly ImageView[]): ZoneMatrix | null {
  const zones = [...new Set(images.flatMap((image) => image.zones))].toSorted();
  if (zones.length === 0) return null;
  const rows = images.map((image) => ({ image, cells: zones.map((zone) => cellOf(image, zone)) }));
  return { zones, rows };
}

function cellOf(image: ImageView, zone: string): ZoneCell {
  if (!image.zones.includes(zone)) return "not_asked";
  if (fails(image, zone)) return "fails";
  return image.promoted_at === null ? "awaited" : "usable";
}

/** The check of the current image tells the first zone that fails, as `az2: not there`. */
function fails({ fault, zones }: ImageView, zone: string): boolean {
  if (fault === null) return false;
  if (fault.status !== "not-in-every-zone" && fault.status !== "not-synchronised") return true;
  return zones.length === 1 || fault.why?.startsWith(`${zone}: `) === true;
}
