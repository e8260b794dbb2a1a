/** Nova's and Cinder's times are UTC, some without saying so: `2026-11-22T05:20:23.000000`. 0: no time. */
export function utcMs(text: unknown): number {
  if (typeof text !== "string") return 0;
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
