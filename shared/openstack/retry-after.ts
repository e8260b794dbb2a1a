/** Seconds from now, from either form of the header (RFC 9110, 10.2.3); null: it says nothing useful. */
export function retryAfterSeconds(headers: Record<string, string>, nowMs: number): number | null {
  const value = headers["retry-after"];
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) || null;
  const atMs = Date.parse(value);
  return atMs > nowMs ? Math.ceil((atMs - nowMs) / 1000) : null;
}
