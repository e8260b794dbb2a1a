/**
 * When to check an upload next. With a history: just before the time that earlier uploads took. Without, or after that:
 * in gaps that grow with the age of the upload, so a long one costs few checks and a short one is seen soon.
 */
export function nextCheckSeconds(upload: {
  askedAtMs: number;
  nowMs: number;
  earlierSeconds: readonly number[];
  deadlineAtMs: number;
}): number {
  const age = Math.max(0, (upload.nowMs - upload.askedAtMs) / 1000);
  const expected = expectedSeconds(upload.earlierSeconds);
  const untilExpected = expected === null ? 0 : expected * EARLY - age;
  const gap =
    untilExpected >= MIN_GAP
      ? untilExpected
      : Math.min(MAX_GAP, Math.max(MIN_GAP, sinceExpected(age, expected) * GROWTH));
  const untilDeadline = Math.max(1, (upload.deadlineAtMs - upload.nowMs) / 1000);
  return Math.ceil(Math.min(gap, untilDeadline));
}

const MIN_GAP = 3;
const MAX_GAP = 360;
const GROWTH = 0.75;
/** Slightly early, because seeing the image late costs more than one more check. */
const EARLY = 0.95;

/** Once the expected end is past, the gaps start small again, in proportion to how late it is. */
function sinceExpected(age: number, expected: number | null): number {
  return expected === null || age < expected * EARLY
    ? age
    : Math.max(age - expected, expected * (1 - EARLY));
}

/** Median of the recipe's last uploads; null without any. */
export function expectedSeconds(earlier: readonly number[]): number | null {
  const sorted = earlier.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
