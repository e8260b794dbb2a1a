import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { filtersOf } from "./filters.ts";
import { imageBody } from "./image.ts";

const DEFAULT_LIMIT = 25;
/** Longer request lines end in 414: 400 ids do, 60 do not. */
const URL_CHARACTERS = 8192;

/** GET /v2/images: page by page, newest first. */
export function listImages(call: Call): Answer {
  if (call.path.length + call.query.toString().length > URL_CHARACTERS) {
    return { status: 414, text: "" };
  }
  const filters = filtersOf(call.query);
  const limit = limitOf(call);
  const seen = seenIn(call);
  const found = listed(call)
    .filter((image) => seen(image) && filters.every((passes) => passes(image)))
    .toSorted(orderOf(call.query));
  const start = markerPlace(call, found);
  const page = found.slice(start, start + limit);
  const last = page.at(-1);
  const path = (query: URLSearchParams): string =>
    query.size === 0 ? "/v2/images" : `/v2/images?${query.toString()}`;
  const first = new URLSearchParams(call.query);
  first.delete("marker");
  const next = new URLSearchParams(first);
  if (last !== undefined) next.set("marker", last.id);
  return {
    status: 200,
    body: {
      images: page.map(imageBody),
      first: path(first),
      ...(last !== undefined && page.length === limit ? { next: path(next) } : {}),
      schema: "/v2/schemas/images",
    },
  };
}

/** What the list's source holds: a lagging one misses the newest, and still shows what is gone. */
function listed(call: Call): Image[] {
  const { zone, world } = call;
  const lagMs = world.settings.listLagSeconds * 1000;
  if (lagMs === 0) return [...zone.images.values()];
  const present = [...zone.images.values()].filter(
    (image) => image.createdAtMs + lagMs <= world.nowMs,
  );
  const gone = [...zone.deleted.values()].filter(({ atMs }) => atMs + lagMs > world.nowMs);
  return [...present, ...gone.map(({ image }) => image)];
}

/** Which images this project sees in this list; `community` ones of others only when asked for. */
function seenIn(call: Call): (image: Image) => boolean {
  const me = callerOf(call).project.id;
  const visibility = call.query.get("visibility");
  if (
    visibility !== null &&
    !["public", "private", "shared", "community", "all"].includes(visibility)
  ) {
    throw new Refusal(400, `Invalid visibility value: ${visibility}`);
  }
  const memberStatus = call.query.get("member_status") ?? "accepted";
  return (image) => {
    if (visibility !== null && visibility !== "all" && image.visibility !== visibility)
      return false;
    if (image.projectId === me || image.visibility === "public") return true;
    if (image.visibility === "community") return visibility === "community" || visibility === "all";
    if (image.visibility !== "shared") return false;
    const member = image.members.get(me);
    return member !== undefined && (memberStatus === "all" || member.status === memberStatus);
  };
}

function limitOf({ query, world }: Call): number {
  const text = query.get("limit");
  if (text === null) return DEFAULT_LIMIT;
  if (!/^-?\d+$/u.test(text)) throw new Refusal(400, "limit param must be an integer");
  if (text.startsWith("-")) throw new Refusal(400, "limit param must be positive");
  return Math.min(Number(text), world.settings.maxPage);
}

/** The marker need not pass the filters; it must be an image that is there. */
function markerPlace(call: Call, found: Image[]): number {
  const id = call.query.get("marker");
  if (id === null) return 0;
  const marker = call.zone.images.get(id) ?? call.zone.deleted.get(id)?.image;
  const order = orderOf(call.query);
  if (marker === undefined) throw new Refusal(400, `No image found with ID ${id}`);
  const place = found.findIndex((image) => order(image, marker) > 0);
  return place === -1 ? found.length : place;
}

const SORT_KEYS: Record<string, (image: Image) => string | number> = {
  name: (image) => image.name ?? "",
  status: (image) => image.status,
  container_format: (image) => image.containerFormat ?? "",
  disk_format: (image) => image.diskFormat ?? "",
  size: (image) => image.sizeBytes ?? -1,
  id: (image) => image.id,
  created_at: (image) => Math.floor(image.createdAtMs / 1000),
  updated_at: (image) => Math.floor(image.updatedAtMs / 1000),
};

function orderOf(query: URLSearchParams): (left: Image, right: Image) => number {
  const wishes = sortWishes(query);
  const names = new Set(wishes.map(({ key }) => key));
  for (const key of ["created_at", "id"]) if (!names.has(key)) wishes.push({ key, sign: -1 });
  return (left, right) => {
    for (const { key, sign } of wishes) {
      const read = SORT_KEYS[key] ?? SORT_KEYS["id"];
      const [one, other] = [read?.(left) ?? "", read?.(right) ?? ""];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  };
}

function sortWishes(query: URLSearchParams): Array<{ key: string; sign: 1 | -1 }> {
  const sort = query.get("sort");
  const keys = query.getAll("sort_key");
  if (sort !== null && (keys.length > 0 || query.has("sort_dir"))) {
    throw new Refusal(400, "Old and new sorting syntax cannot be combined");
  }
  const pairs =
    sort === null
      ? keys.map((key) => [key, query.get("sort_dir") ?? "desc"])
      : sort.split(",").map((wish) => wish.split(":"));
  return pairs.map(([key = "", direction = "desc"]) => {
    if (SORT_KEYS[key] === undefined) {
      const known = Object.keys(SORT_KEYS).join(", ");
      throw new Refusal(
        400,
        `Invalid sort key: ${key}. It must be one of the following: ${known}.`,
      );
    }
    return { key, sign: direction === "asc" ? 1 : -1 };
  });
}
