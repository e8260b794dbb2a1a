import { MAX_STORY_BYTES } from "../bounds.ts";
import type { ApiCall } from "../cloud-ports.ts";
import type { TimelineEvent } from "./record.ts";

const MAX_EVENTS = 200;
const MAX_CALLS = 12;

/** Repeated looks are counted, not listed, and a story that grows too long loses its oldest looks. */
export function tell(timeline: TimelineEvent[], news: TimelineEvent[]): TimelineEvent[] {
  const told = [...timeline];
  for (const event of news) {
    const last = told.at(-1);
    const repeats =
      last !== undefined &&
      (event.kind === "look" || event.kind === "weather") &&
      last.kind === event.kind &&
      last.step === event.step &&
      last.text === event.text;
    if (repeats)
      told[told.length - 1] = { ...last, count: last.count + event.count, calls: event.calls };
    else told.push(event);
  }
  return fitting(told.length <= MAX_EVENTS ? told : shorten(told));
}

/** Evidence goes first, the oldest before the newer; then the oldest lines. The last lines always stay. */
function fitting(told: TimelineEvent[]): TimelineEvent[] {
  const sizes = told.map(sizeOf);
  let surplus = sizes.reduce((sum, size) => sum + size, 0) - MAX_STORY_BYTES;
  if (surplus <= 0) return told;
  const bare = told.map((event, index) => {
    if (surplus <= 0 || event.calls.length === 0) return event;
    const without = { ...event, calls: [] };
    surplus -= (sizes[index] ?? 0) - sizeOf(without);
    return without;
  });
  const keptFrom = bare.findIndex((event) => {
    if (surplus <= 0) return true;
    surplus -= sizeOf(event);
    return false;
  });
  return bare.slice(keptFrom === -1 ? -1 : keptFrom);
}

function sizeOf(event: TimelineEvent): number {
  return new TextEncoder().encode(JSON.stringify(event)).length;
}

function shorten(told: TimelineEvent[]): TimelineEvent[] {
  let surplus = told.length - MAX_EVENTS;
  return told.filter((event) => {
    if (surplus === 0 || (event.kind !== "look" && event.kind !== "weather")) return true;
    surplus--;
    return false;
  });
}

/** Calls worth keeping as evidence: those that changed something, were refused, or were never answered. */
export function evidence(calls: ApiCall[]): ApiCall[] {
  const telling = calls.filter((c) => {
    const failed = c.status === null || c.status >= 400;
    return c.service === "identity" ? failed : failed || c.method !== "GET";
  });
  return telling.slice(-MAX_CALLS);
}
