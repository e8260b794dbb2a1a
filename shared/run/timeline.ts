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
  return told.length <= MAX_EVENTS ? told : shorten(told);
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
