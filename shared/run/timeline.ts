import { MAX_TIMELINE_BYTES } from "../bounds.ts";
import type { ApiCall } from "../cloud-ports.ts";
import type { TimelineEvent } from "./record.ts";

const MAX_EVENTS = 200;
const MAX_CALLS = 12;

/**
 * Adds events. A repeated observation or failure is counted in one event, and a long timeline loses its oldest ones.
 */
export function recordEvents(timeline: TimelineEvent[], news: TimelineEvent[]): TimelineEvent[] {
  const recorded = [...timeline];
  for (const event of news) {
    const last = recorded.at(-1);
    const repeats =
      last !== undefined &&
      (event.kind === "observation" || event.kind === "transient") &&
      last.kind === event.kind &&
      last.step === event.step &&
      last.text === event.text;
    if (repeats)
      recorded[recorded.length - 1] = {
        ...last,
        count: last.count + event.count,
        calls: event.calls,
      };
    else recorded.push(event);
  }
  return fitting(recorded.length <= MAX_EVENTS ? recorded : shorten(recorded));
}

/** Drops the oldest evidence first, then the oldest lines. The last lines always stay. */
function fitting(recorded: TimelineEvent[]): TimelineEvent[] {
  const sizes = recorded.map(sizeOf);
  let surplus = sizes.reduce((sum, size) => sum + size, 0) - MAX_TIMELINE_BYTES;
  if (surplus <= 0) return recorded;
  const bare = recorded.map((event, index) => {
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
  return Buffer.byteLength(JSON.stringify(event));
}

function shorten(recorded: TimelineEvent[]): TimelineEvent[] {
  let surplus = recorded.length - MAX_EVENTS;
  return recorded.filter((event) => {
    if (surplus === 0 || (event.kind !== "observation" && event.kind !== "transient")) return true;
    surplus--;
    return false;
  });
}

/** Calls kept as evidence: those that changed something, were refused, or were never answered. */
export function evidence(calls: ApiCall[]): ApiCall[] {
  const telling = calls.filter((c) => {
    const failed = c.status === null || c.status >= 400;
    return c.service === "identity" ? failed : failed || c.method !== "GET";
  });
  return telling.slice(-MAX_CALLS);
}
