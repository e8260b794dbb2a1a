import { isPlainMapping } from "./python-yaml.ts";
import { lookUpRaw, text, type RawEntry } from "./raw-entry.ts";

export interface Region {
  name: string;
  /** Settings of this region alone; null: none. */
  values: Record<string, unknown> | null;
}

/** `regions` (a list) or `region_name` (one, a list, or several with commas), the default first. */
export function readRegions(entry: RawEntry): Region[] {
  const regions = lookUpRaw(entry, "regions");
  const named = lookUpRaw(entry, "region_name");
  if (regions !== undefined) return regionList(entry, "regions", regions);
  if (named == null || named === "") return [];
  if (Array.isArray(named)) return regionList(entry, "region_name", named);
  const names = text(entry, named, "region_name")?.split(",") ?? [];
  return names.map((name) => ({ name: name.trim(), values: null }));
}

function regionList(entry: RawEntry, field: string, list: unknown): Region[] {
  if (!Array.isArray(list)) {
    entry.complain(field, "is no list of regions. Write regions: [RegionOne, RegionTwo]");
    return [];
  }
  return list.flatMap((item: unknown, index): Region[] => {
    const place = `${field}[${index}]`;
    const { name, values = null, ...others } = isPlainMapping(item) ? item : { name: item };
    const known = text(entry, name, `${place}.name`);
    if (known === undefined || Object.keys(others).length > 0) {
      entry.complain(place, "is no region. Write a name, or { name: …, values: { … } }");
      return [];
    }
    if (values === null) return [{ name: known, values: null }];
    if (isPlainMapping(values)) {
      return [{ name: known, values: Object.keys(values).length === 0 ? null : values }];
    }
    entry.complain(`${place}.values`, "is no mapping of settings");
    return [];
  });
}
