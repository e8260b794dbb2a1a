import { createHash } from "node:crypto";
import type { Recipe } from "./recipe.ts";
import { nextRun } from "./schedule.ts";

/** How much later than its schedule a recipe starts, in whole seconds: always the same, and another for each name. */
export function startOffsetMs({ name, jitterMs }: Pick<Recipe, "name" | "jitterMs">): number {
  if (jitterMs === 0) return 0;
  const share = createHash("sha256").update(name).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor((share * jitterMs) / 1000) * 1000;
}

/** The earliest start by the schedule strictly after `afterMs`, with the jitter. Null: nothing is scheduled. */
export function nextStart(
  recipe: Pick<Recipe, "name" | "jitterMs" | "schedule">,
  afterMs: number,
): number | null {
  const offsetMs = startOffsetMs(recipe);
  const atMs = nextRun(recipe.schedule, afterMs - offsetMs);
  return atMs === null ? null : atMs + offsetMs;
}
