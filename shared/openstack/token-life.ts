import { utcMs } from "../utc-ms.ts";

/** Nobody issues a token for longer: such a number is a mistake of the cloud, or of its clock. */
const LONGEST_LIFE_MS = 366 * 86_400_000;

/**
 * How long a token lives from its arrival on: by the cloud's clock at that moment (its `Date`), else from `issued_at`,
 * else by our clock. The first that is possible is taken. Null: none is.
 */
export function tokenLifeMs(
  token: { expires_at?: unknown; issued_at?: unknown },
  date: string | undefined,
  nowMs: number,
): number | null {
  const endMs = timeMs(token.expires_at);
  const starts = [Date.parse(date ?? ""), timeMs(token.issued_at), nowMs];
  const lives = starts.map((startMs) => endMs - startMs);
  return lives.find((lifeMs) => lifeMs > 0 && lifeMs <= LONGEST_LIFE_MS) ?? null;
}

/** `Z`, an offset or no zone, with or without microseconds. NaN: no time. */
function timeMs(value: unknown): number {
  return typeof value === "string" && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)
    ? utcMs(value)
    : Number.NaN;
}
