import { Refusal } from "../answers.ts";
import type { Image } from "../resources.ts";

export type Filter = (image: Image) => boolean;

const NOT_FILTERS = new Set([
  "limit",
  "marker",
  "sort",
  "sort_key",
  "sort_dir",
  "visibility",
  "member_status",
]);

/** One filter for each parameter; of a parameter given twice the last counts, but tags add up. */
export function filtersOf(query: URLSearchParams): Filter[] {
  const filters: Filter[] = [];
  for (const name of new Set(query.keys())) {
    if (NOT_FILTERS.has(name)) continue;
    if (name === "tag") {
      for (const tag of query.getAll("tag")) filters.push((image) => image.tags.includes(tag));
    } else {
      filters.push(filterFor(name, query.getAll(name).at(-1) ?? ""));
    }
  }
  if (!query.has("os_hidden")) filters.push((image) => !image.hidden);
  return filters;
}

function filterFor(name: string, value: string): Filter {
  switch (name) {
    case "id":
      return oneOf(value, (image) => image.id);
    case "name": {
      // MySQL's collation: case does not count.
      const wanted = valuesOf(value).map((text) => text.toLowerCase());
      return (image) => image.name !== null && wanted.includes(image.name.toLowerCase());
    }
    case "status":
      return oneOf(value, (image) => image.status);
    case "disk_format":
      return oneOf(value, (image) => image.diskFormat);
    case "container_format":
      return oneOf(value, (image) => image.containerFormat);
    case "owner":
      return (image) => image.projectId === value;
    case "checksum":
      return (image) => image.checksum === value;
    case "protected":
      return (image) => image.protected === trueOrFalse(name, value);
    case "os_hidden": {
      const wanted = trueOrFalse(name, value);
      return (image) => image.hidden === wanted;
    }
    case "size_min":
    case "size_max": {
      const bytes = Number(value);
      if (!/^\d+$/u.test(value)) {
        throw new Refusal(400, "Unable to filter on a range with a non-numeric value.");
      }
      return ({ sizeBytes }) =>
        sizeBytes !== null && (name === "size_min" ? sizeBytes >= bytes : sizeBytes <= bytes);
    }
    case "created_at":
      return timeFilter(name, value, (image) => image.createdAtMs);
    case "updated_at":
      return timeFilter(name, value, (image) => image.updatedAtMs);
    default:
      return (image) => image.properties[name] === value;
  }
}

function oneOf(value: string, read: (image: Image) => string | null): Filter {
  const wanted = new Set(valuesOf(value));
  return (image) => {
    const found = read(image);
    return found !== null && wanted.has(found);
  };
}

function trueOrFalse(name: string, value: string): boolean {
  const text = value.toLowerCase();
  if (text !== "true" && text !== "false") {
    const rule = "Valid values are 'true' or 'false'.";
    throw new Refusal(400, `Invalid value '${value}' for '${name}' filter. ${rule}`);
  }
  return text === "true";
}

/** `a`, `in:a,b` or `in:"a,b",c`. */
function valuesOf(value: string): string[] {
  if (!value.startsWith("in:")) return [value];
  const list = value.slice(3);
  const values: string[] = [];
  let rest = list;
  while (rest !== "") {
    const match = /^(?:"(?<quoted>[^"]*)"|(?<plain>[^",]*))(?:,|$)/u.exec(rest);
    if (match === null) {
      throw new Refusal(400, `Invalid filter value ${list}. The quote is not closed.`);
    }
    values.push(match.groups?.["quoted"] ?? match.groups?.["plain"] ?? "");
    rest = rest.slice(match[0].length);
  }
  return values;
}

const COMPARISONS: Record<string, (left: number, right: number) => boolean> = {
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right,
  eq: (left, right) => left === right,
  neq: (left, right) => left !== right,
};

/** Times have a grain of one second. */
function timeFilter(name: string, value: string, read: (image: Image) => number): Filter {
  const match = /^(?:(?<operator>gt|gte|lt|lte|eq|neq):)?(?<time>\d{4}-.*)$/u.exec(value);
  const compare = COMPARISONS[match?.groups?.["operator"] ?? "eq"];
  const atMs = Date.parse(match?.groups?.["time"] ?? "");
  if (compare === undefined || Number.isNaN(atMs)) {
    const remedy = "Use ISO 8601 DateTime notation.";
    throw new Refusal(400, `Bad "${name}" query filter format. ${remedy}`);
  }
  return (image) => compare(Math.floor(read(image) / 1000), Math.floor(atMs / 1000));
}
