import * as z from "zod/mini";
import type { Head } from "../../shared/image/head.ts";
import { imageOf } from "../../shared/image/ledger.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { nextRun } from "../../shared/recipe/schedule.ts";
import { time, timeOf } from "./document.ts";

export const freshnessSchema = z.strictObject({
  state: z.enum(["ok", "stale", "no_schedule", "no_image"]),
  /** When it goes, or went, stale. */
  stale_at: z.nullable(time),
});
export type Freshness = z.infer<typeof freshnessSchema>;

/**
 * One missed start is weather. An image is stale once a second one has gone by, plus the time the image itself took:
 * a run that is as fast as the last one keeps it fresh.
 */
export function freshness(recipe: Recipe, head: Head | null, nowMs: number): Freshness {
  if (recipe.schedule.length === 0) return { state: "no_schedule", stale_at: null };
  const current = head === null ? undefined : imageOf(head, head.current ?? "");
  if (current === undefined) return { state: "no_image", stale_at: null };
  const promotedAtMs = current.promotedAtMs ?? current.candidateAtMs;
  const first = nextRun(recipe.schedule, promotedAtMs);
  const second = first === null ? null : nextRun(recipe.schedule, first);
  if (second === null) return { state: "ok", stale_at: null };
  const staleAtMs = second + (promotedAtMs - current.candidateAtMs);
  return { state: nowMs < staleAtMs ? "ok" : "stale", stale_at: timeOf(staleAtMs) };
}
