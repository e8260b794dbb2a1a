import type { Maker, Origin } from "./mark.ts";

/** No `doctor --act` works longer: each of its waits is bounded. */
export const LONGEST_ACT_MS = 3_600_000;

/**
 * Whether the doctor that made a thing works no longer. On this machine its process is asked after; elsewhere it has to
 * be older than any doctor works.
 */
export function isAbandoned(
  origin: Origin,
  is: { self: Maker; nowMs: number; isAlive: (pid: number) => boolean },
): boolean {
  const { self, nowMs, isAlive } = is;
  if (nowMs - origin.startedAtMs > LONGEST_ACT_MS) return true;
  if (origin.machine !== self.machine) return false;
  return origin.pid === self.pid || !isAlive(origin.pid);
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
