import type { PlannedFault } from "./faults.ts";
import { runSeed, type SeedOptions, type SeedResult } from "./seed.ts";

/**
 * The fewest triggers, acts and faults that still break the same rule: halves are left out first, then ever smaller
 * parts.
 * @returns the shortest run found, with its trace.
 */
export async function shrink(
  seed: string,
  broken: SeedResult,
  options: SeedOptions,
): Promise<SeedResult> {
  let best = broken;
  for (let before = Number.POSITIVE_INFINITY; best.faults.length < before;) {
    before = best.faults.length;
    for (let size = Math.ceil(before / 2); size >= 1; size = Math.floor(size / 2)) {
      best = await leaveOut(seed, best, size, options);
    }
  }
  return best;
}

/** Once through the list: each `size` entries in a row that are not needed go. */
async function leaveOut(
  seed: string,
  broken: SeedResult,
  size: number,
  options: SeedOptions,
): Promise<SeedResult> {
  const rule = broken.violations[0]?.rule;
  let best = broken;
  for (let at = 0; at < best.faults.length;) {
    const exactly: PlannedFault[] = best.faults.toSpliced(at, size);
    const result = await runSeed(seed, { ...options, exactly, keepTrace: true });
    const isShorter = result.faults.length < best.faults.length;
    if (isShorter && result.violations.some((v) => v.rule === rule)) best = result;
    else at += size;
  }
  return best;
}
