/** Fewer uploads grow by chance. */
const ENOUGH = 4;
/** Of all pairs of uploads: the share in which the later one took longer, less the share in which it did not. */
const AGREE = 0.6;
/** From one upload to the next. What changes more is no growth: a recipe has uploads of two kinds, or a cloud became slow. */
const MOST = 0.05;

/**
 * How long earlier uploads would take now: an image that grows makes each upload take a little longer than the one before.
 * @param earlier in seconds, none of them 0, the oldest first. They are returned as they are if they did not grow steadily.
 */
export function asOfNow(earlier: readonly number[]): number[] {
  const factor = growth(earlier);
  return earlier.map((seconds, nth) => seconds * factor ** (earlier.length - nth));
}

/**
 * Of one upload over the one before. 1: they do not grow steadily. The median over all pairs (Theil and Sen), which a few odd
 * uploads do not change, if enough pairs agree (Kendall's tau).
 */
function growth(earlier: readonly number[]): number {
  if (earlier.length < ENOUGH) return 1;
  const logs = earlier.map(Math.log);
  const slopes = logs.flatMap((later, at) =>
    logs.slice(0, at).map((log, before) => (later - log) / (at - before)),
  );
  const agreement = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0) / slopes.length;
  const slope = medianOf(slopes) ?? 0;
  return Math.abs(agreement) < AGREE || Math.abs(slope) > MOST ? 1 : Math.exp(slope);
}

/** The upper one of two in the middle. Null: there are no values. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
