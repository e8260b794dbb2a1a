import { refused, type Verdict } from "../webhook/delivery.ts";

/** Each way, as Slack's documentation asks for: Verifying requests from Slack. */
const WINDOW_MS = 5 * 60_000;

/** @returns null: the time is within the window. */
export function timeProblem(atMs: number, nowMs: number): Verdict | null {
  if (!Number.isSafeInteger(atMs)) return refused("the request has no time");
  if (nowMs - atMs > WINDOW_MS) return refused("the request is over five minutes old");
  if (atMs - nowMs > WINDOW_MS) return refused("the request's time is over five minutes ahead");
  return null;
}

/** @returns NaN for anything but a plain number of seconds. */
export function secondsToMs(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Number.NaN;
}
