import { imageOf } from "./inventory.ts";
import type { InventoryImage, RecipeState, Rules } from "./recipe-state.ts";

/**
 * Retired images in excess of the recipe's `keep`, by the inventory alone. Order: revoked images, then the others, the one
 * that was current last first; adopted images that were never current come last, so they only fill free places. Revoked and
 * pinned images do not count towards `keep`. Pinned images are never listed.
 */
export function beyondKeep(recipeState: RecipeState, keep: number): InventoryImage[] {
  const retired = recipeState.images
    .filter((i) => i.state === "retired" && i.pinned === null && isOfSource(recipeState, i))
    .toSorted(
      (a, b) =>
        Number(isUntried(a)) - Number(isUntried(b)) || becameCurrentAtMs(b) - becameCurrentAtMs(a),
    );
  const revoked = retired.filter((i) => i.revoked !== null);
  const others = retired.filter((i) => i.revoked === null);
  return [...revoked, ...others.slice(Math.max(0, keep - 1))];
}

/**
 * By a run or a rollback, whichever was later: an image that a person went back to stays before the one that was
 * left.
 */
function becameCurrentAtMs({ promotedAtMs, currentAgainAtMs }: InventoryImage): number {
  return Math.max(promotedAtMs ?? 0, currentAgainAtMs ?? 0);
}

/** True of an adopted image that was never current: nothing shows that it works for the recipe's users. */
export function isUntried({ adopted, currentAgainAtMs }: InventoryImage): boolean {
  return adopted !== null && currentAgainAtMs === null;
}

/** The earliest time at which a retired image in excess of `keep` may be deleted. */
export function mayGoAtMs(image: InventoryImage, rules: Rules): number {
  const { candidateAtMs, revoked } = image;
  const leftMs = leftAtMs(image) + rules.coolingOffMs;
  return revoked === null ? Math.max(leftMs, candidateAtMs + (rules.newerThanMs ?? 0)) : leftMs;
}

/** Start of the image's cooling-off. */
export function leftAtMs({ retiredAtMs, revoked }: InventoryImage): number {
  return Math.max(retiredAtMs ?? 0, revoked?.atMs ?? 0);
}

/**
 * False for images of an earlier source: a recipe that names another source now leaves them alone. While no image is
 * current, only revoked images are known to have no use.
 */
export function isOfSource(
  recipeState: RecipeState,
  { where, revoked }: Pick<InventoryImage, "where" | "revoked">,
): boolean {
  const current = imageOf(recipeState, recipeState.current ?? "");
  return current === undefined ? revoked !== null : sameSource(where, current.where);
}

/** True for images of one source in one project. */
export function sameSource(
  a: InventoryImage["where"],
  b: InventoryImage["where"] | undefined,
): boolean {
  return (
    b !== undefined &&
    a.cloud === b.cloud &&
    a.region === b.region &&
    a.projectId === b.projectId &&
    a.sourceId === b.sourceId
  );
}
