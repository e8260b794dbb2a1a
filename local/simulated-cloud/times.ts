/** Nova and Glance: `2026-11-22T05:18:23Z`. */
export function isoSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** Cinder, and Nova in actions: `2026-11-22T05:18:23.000000`, without a zone. */
export function isoMicros(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}.000000`;
}

/** Keystone: `2026-11-22T05:18:23.000000Z`. */
export function isoMicrosZone(atMs: number): string {
  return `${isoMicros(atMs)}Z`;
}

export function httpDate(atMs: number): string {
  return new Date(atMs).toUTCString();
}
