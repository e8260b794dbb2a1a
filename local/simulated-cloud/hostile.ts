import type { Answer } from "./answers.ts";
import type { Call } from "./call.ts";

export type ListName = "images" | "volumes" | "snapshots" | "servers";

/** What strangers have written on this cloud, and how a broken or hostile service answers. */
export interface Hostile {
  /** At the beginning of each list, in any form. */
  records: Partial<Record<ListName, readonly unknown[]>>;
  /** Lists in which every page leads to one more, with a record that nobody has seen before. */
  endless: readonly ListName[];
  /** Those lead back to their second page after so many; null: always to a new one. */
  circle: number | null;
  /** Each further page of those takes so long. */
  pageSeconds: number;
  /** Creates answer with a path in place of an id. */
  wrongIds: boolean;
  /** So many characters, among them such as steer a terminal, stand in front of each reason. */
  reasonCharacters: number;
}

/** A wrong id leads to a place with this name. */
export const ELSEWHERE = "elsewhere";
const MARKER = "endless-";
/** Part of an answer in process: the seconds that it takes. */
export const SECONDS_HEADER = "x-simulated-seconds";

const LISTS: Record<string, ListName> = {
  "image.list": "images",
  "volume.listVolumes": "volumes",
  "volume.listSnapshots": "snapshots",
  "compute.listServers": "servers",
};

/** The answer as it leaves such a cloud. */
export function disturbed(call: Call, operation: string, answer: () => Answer): Answer {
  const { hostile } = call.world.settings;
  if (hostile === null) return answer();
  const list = LISTS[operation];
  if (list === undefined) return hostile.wrongIds ? withWrongId(operation, answer()) : answer();
  const number = pageNumber(call);
  if (number > 0) return endlessPage(list, number, hostile);
  const first = withRecords(list, call, hostile, answer());
  return hostile.endless.includes(list) ? leadingOn(list, first) : first;
}

function pageNumber({ query }: Call): number {
  const marker = query.get("marker") ?? "";
  return marker.startsWith(MARKER) ? Number(marker.slice(MARKER.length)) : 0;
}

function withRecords(list: ListName, call: Call, hostile: Hostile, answer: Answer): Answer {
  const records = hostile.records[list] ?? [];
  const body = bodyOf(answer);
  if (call.query.has("marker") || records.length === 0 || body === null) return answer;
  // Entries with an id come last: Nova's and Cinder's next page is found by the last one.
  return { ...answer, body: { ...body, [list]: [...records, ...entriesOf(body, list)] } };
}

/** The list's own end leads on to pages that were never there. */
function leadingOn(list: ListName, answer: Answer): Answer {
  const body = bodyOf(answer);
  if (body === null || body["next"] !== undefined || body[`${list}_links`] !== undefined)
    return answer;
  return { ...answer, body: { ...body, ...onward(list, entriesOf(body, list), 1) } };
}

function endlessPage(list: ListName, number: number, { circle, pageSeconds }: Hostile): Answer {
  const headers = { [SECONDS_HEADER]: String(pageSeconds) };
  return { status: 200, headers, body: onward(list, [], number === circle ? 1 : number + 1) };
}

function onward(list: ListName, entries: unknown[], number: number): Record<string, unknown> {
  const id = `${MARKER}${number}`;
  const all = [...entries, { id, name: id, status: "available" }];
  return list === "images"
    ? { [list]: all, next: `/v2/images?marker=${id}` }
    : { [list]: all, [`${list}_links`]: [{ rel: "next", href: `http://elsewhere/?marker=${id}` }] };
}

const MADE: Record<string, (wrong: string) => Partial<Answer>> = {
  "compute.createImage": (wrong) => ({
    headers: { location: `http://elsewhere/v2/images/${wrong}` },
    body: { image_id: wrong },
  }),
  "volume.uploadImage": (image_id) => ({ body: { "os-volume_upload_image": { image_id } } }),
  "volume.createSnapshot": (id) => ({ body: { snapshot: { id } } }),
  "volume.createVolume": (id) => ({ body: { volume: { id } } }),
};

function withWrongId(operation: string, answer: Answer): Answer {
  const made = MADE[operation];
  if (made === undefined || answer.status >= 300) return answer;
  return { ...answer, ...made(`x?/../../${ELSEWHERE}?x=`) };
}

/** Megabytes of reason, as a stranger may have them put into a message. */
export function reasonOf(hostile: Hostile | null, message: string): string {
  if (hostile === null || hostile.reasonCharacters === 0) return message;
  return `${message} \u001b[2J\u009b31m\u202e${"x".repeat(hostile.reasonCharacters)}`;
}

function bodyOf({ body }: Answer): Record<string, unknown> | null {
  return typeof body === "object" && body !== null ? { ...body } : null;
}

function entriesOf(body: Record<string, unknown>, list: ListName): unknown[] {
  const entries = body[list];
  return Array.isArray(entries) ? entries : [];
}
