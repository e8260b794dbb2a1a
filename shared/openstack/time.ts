/** Nova's and Cinder's times are UTC, some without saying so: `2026-11-22T05:20:23.000000`. */
export function utcMs(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
}
