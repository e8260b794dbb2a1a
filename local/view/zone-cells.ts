/** `usable`: it was when the image became current. `awaited`: it has to be first. `not_asked`: the image was not made for it. */
export const ZONE_CELLS = ["usable", "awaited", "fails", "not_asked"] as const;
export type ZoneCell = (typeof ZONE_CELLS)[number];
