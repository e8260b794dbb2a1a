import * as z from "zod/mini";
import { checkOf, faultOfCurrent } from "../../shared/image/current-check.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { imageOf } from "../../shared/image/inventory.ts";
import { isShown } from "../../shared/image/shown.ts";
import { time, timeOf, timeOrNull } from "./document.ts";

/** Why the current image is of no use. */
export const faultSchema = z.strictObject({
  /** `deleted` outside Regild, the image's status, such as `deactivated`, `not-synchronised`, `not-in-every-zone` or `set-broken`. */
  status: z.string(),
  /** The cloud's reason, or the zone and what it shows. Null: the status says it all. */
  why: z.nullable(z.string()),
  /** When a check saw it first. */
  noticed_at: time,
  /** When a check last saw the image good. Null: none did. */
  last_seen_good_at: z.nullable(time),
  /** What a look-up by tag finds: nothing, this image, or an older one that still has the tag. */
  lookups_find: z.enum(["nothing", "this", "older"]),
});
export type FaultView = z.infer<typeof faultSchema>;

export const currentSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  since: time,
  /** When Regild last looked at it between runs. Null: not yet. */
  seen_good_at: z.nullable(time),
  /** Null: it is usable, as far as the last check can tell. */
  fault: z.nullable(faultSchema),
});
export type CurrentView = z.infer<typeof currentSchema>;

/** @returns null: the recipe has no image yet. */
export function viewCurrent(recipeState: RecipeState | null): CurrentView | null {
  const current =
    recipeState === null ? undefined : imageOf(recipeState, recipeState.current ?? "");
  if (recipeState === null || current === undefined) return null;
  return {
    id: current.id,
    name: current.name,
    since: timeOf(current.promotedAtMs ?? current.candidateAtMs),
    seen_good_at: timeOrNull(checkOf(recipeState)?.goodAtMs),
    fault: viewFault(recipeState),
  };
}

export function viewFault(recipeState: RecipeState): FaultView | null {
  const fault = faultOfCurrent(recipeState);
  if (fault === null) return null;
  const ifShown = fault.status === "deleted" ? "nothing" : "this";
  return {
    status: fault.status,
    why: fault.why,
    noticed_at: timeOf(fault.sinceMs),
    last_seen_good_at: timeOrNull(checkOf(recipeState)?.goodAtMs),
    lookups_find: isShown(recipeState) ? ifShown : "older",
  };
}
