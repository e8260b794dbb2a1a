import type { QuietHours } from "./target.ts";

const MINUTE = 60_000;

/**
 * @returns when the quiet hours end that this time falls into. Null: it falls into none. They end when a clock on the wall
 * there shows a time outside of them, also on the nights on which clocks change.
 */
export function quietUntilMs({ from, to, timezone }: QuietHours, nowMs: number): number | null {
  const format = {
    timeZone: timezone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  } as const;
  const wallClock = new Intl.DateTimeFormat("en-GB", format); // 22:05
  const isQuiet = (ms: number): boolean => {
    const clock = wallClock.format(ms);
    return from < to ? from <= clock && clock < to : from <= clock || clock < to;
  };
  if (!isQuiet(nowMs)) return null;
  let endMs = Math.floor(nowMs / MINUTE) * MINUTE;
  while (isQuiet(endMs)) endMs += MINUTE;
  return endMs;
}
