/** An image that Regild did not delete counts as gone after two 404s that are at least so far apart. */
export const GONE_AFTER_MS = 30_000;

/** And at most so far apart: in between, the image may have been seen without a record of that. */
const GONE_WITHIN_MS = 180_000;

/**
 * Judges a 404 together with the one before it. `new`: the image was made so recently that the cloud may not show it yet,
 * so the 404 does not count. `first`: the first one that counts. `early`: too soon after the first. `gone`: proof.
 */
export function judge404(
  { sinceMs, createdAtMs }: { sinceMs: number | null; createdAtMs: number },
  nowMs: number,
): "new" | "first" | "early" | "gone" {
  if (nowMs - createdAtMs < GONE_AFTER_MS) return "new";
  if (sinceMs === null || nowMs - sinceMs > GONE_WITHIN_MS) return "first";
  return nowMs - sinceMs < GONE_AFTER_MS ? "early" : "gone";
}
