import { asOfNow, medianOf } from "./upload-trend.ts";

/**
 * When to check an upload next. With a history: once its end would be seen late by 0.448 % of its time, on average over what
 * earlier uploads took, or would take now if they grew from one to the next. So a recipe whose uploads differ is checked
 * where they ended, and not in between. Without a history, or once the upload takes longer than all earlier ones: in gaps of
 * 7 % of its age, so that it is seen at most 8 % late with the time of the call. docs/checks.md has the proof.
 */
export function nextCheckSeconds(upload: {
  askedAtMs: number;
  nowMs: number;
  /** The oldest first. */
  earlierSeconds: readonly number[];
  deadlineAtMs: number;
}): number {
  const age = Math.max(0, (upload.nowMs - upload.askedAtMs) / 1000);
  const gap = gapByHistory(age, upload.earlierSeconds) ?? gapByAge(age);
  const untilDeadline = Math.max(1, (upload.deadlineAtMs - upload.nowMs) / 1000);
  return Math.round(Math.min(gap, untilDeadline));
}

/** No gap is shorter than 4 seconds: a thousand first uploads at once are not to keep a host busy with checks. */
function gapByAge(age: number): number {
  return Math.min(360, Math.max(4, Math.floor(age * 0.07)));
}

/** A history says so well when an upload ends that two checks may come close to each other. */
const MIN_GAP = 1;
/** Of the time that an upload has taken: how late it may be seen, on average. */
const LATE = 0.00448;
/** Of its age: no check comes sooner after the one before, or it would find too little. */
const FINE = 0.02;
/** Of earlier uploads like this one: if fewer took longer, the history tells no more. */
const FEW = 0.02;
/** Of the shortest earlier one: before that age, none ends. */
const EARLIEST = 0.7;
/** How exactly the search for the next check goes on. */
const STEP = 1.01;

/** @returns null: the history tells nothing about an upload of this age. */
function gapByHistory(age: number, history: readonly number[]): number | null {
  const earlier = asOfNow(history.filter((seconds) => seconds > 0));
  const ended = shareEnded(earlier);
  const before = ended(age);
  if (earlier.length === 0 || 1 - before < FEW) return null;
  // The area below `ended` since the last check is how long the upload is over unseen, on average.
  let at = age;
  let share = before;
  let unseen = 0;
  let next = Math.max(age + MIN_GAP, age * (1 + FINE), Math.min(...earlier) * EARLIEST);
  for (; ; next = at * STEP) {
    const then = ended(next);
    unseen += (next - at) * ((share + then) / 2 - before);
    [at, share] = [next, then];
    if (unseen / (1 - before) >= LATE * at) return at - age;
  }
}

/** @returns what share of such uploads has ended at an age: the mean of log-logistic distributions around the earlier ones. */
function shareEnded(earlier: readonly number[]): (age: number) => number {
  const steepness = 1 / spread(earlier);
  return (age) =>
    earlier.reduce((sum, seconds) => sum + 1 / (1 + (seconds / age) ** steepness), 0) /
    earlier.length;
}

/** How much uploads of one kind differ, as a ratio: as the neighbours among the earlier ones do, within bounds. */
function spread(earlier: readonly number[]): number {
  const logs = earlier.map(Math.log).toSorted((a, b) => a - b);
  const gaps = logs.slice(1).map((log, n) => log - (logs[n] ?? log));
  return Math.min(0.03, Math.max(0.006, medianOf(gaps) ?? 0.03));
}

/** Of the next upload; null without any earlier one. @param earlier the oldest first. */
export function expectedSeconds(earlier: readonly number[]): number | null {
  return medianOf(asOfNow(earlier.filter((seconds) => seconds > 0)));
}
