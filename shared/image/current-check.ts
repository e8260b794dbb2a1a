import type { Image } from "../cloud-ports.ts";
import { type CurrentCheck, type RecipeState, type InventoryImage } from "./recipe-state.ts";
import { GONE_AFTER_MS, imageOf, judge404 } from "./inventory.ts";

/** Between two checks of a current image that is good. Nobody tells Regild when somebody deletes or deactivates it. */
export const CHECK_EVERY_MS = 6 * 3_600_000;
/** Somebody may make a faulty one good again, and a cloud that could not be asked may answer again. */
export const RECHECK_MS = 15 * 60_000;
/** The check that confirms a fault comes late enough to be believed. */
const CONFIRM_AFTER_MS = GONE_AFTER_MS + 5_000;

/** When the current image is looked at next. Null: there is none. */
export function currentCheckAtMs(recipeState: RecipeState): number | null {
  const current = imageOf(recipeState, recipeState.current ?? "");
  if (current === undefined) return null;
  return checkOf(recipeState)?.dueAtMs ?? (current.promotedAtMs ?? 0) + CHECK_EVERY_MS;
}

/** The confirmed fault of the current image. Null: none is known. */
export function faultOfCurrent(
  recipeState: RecipeState,
): NonNullable<CurrentCheck["fault"]> | null {
  const fault = checkOf(recipeState)?.fault ?? null;
  return fault?.isConfirmed === true ? fault : null;
}

/** The last check. Null: the image that is current now was not checked yet. */
export function checkOf({ currentCheck, current }: RecipeState): CurrentCheck | null {
  return currentCheck?.imageId === current ? currentCheck : null;
}

/**
 * What makes a current image unusable, as one word: `deleted`, or its status. Null: it is good.
 * Every further ground to mistrust a promoted image belongs here: a late synchronisation error, a zone that has lost it.
 */
function faultIn(image: Image | null): string | null {
  if (image === null || image.status === "pending_delete") return "deleted";
  return image.status === "active" ? null : image.status;
}

/** Writes down what a check of the current image saw. One faulty answer proves nothing: the next check, soon, confirms it. */
export function noteCheck(
  recipeState: RecipeState,
  { id, candidateAtMs }: Pick<InventoryImage, "id" | "candidateAtMs">,
  image: Image | null,
  nowMs: number,
): RecipeState | null {
  if (recipeState.current !== id || recipeState.activeRun !== null) return null;
  const known = checkOf(recipeState);
  const status = faultIn(image);
  const check = (is: Omit<CurrentCheck, "imageId">): RecipeState => ({
    ...recipeState,
    currentCheck: { imageId: id, ...is },
  });
  if (status === null)
    return check({ goodAtMs: nowMs, dueAtMs: nowMs + CHECK_EVERY_MS, fault: null });
  const goodAtMs = known?.goodAtMs ?? null;
  const before = known?.fault ?? null;
  if (before?.isConfirmed === true)
    return check({ goodAtMs, dueAtMs: nowMs + RECHECK_MS, fault: { ...before, status } });
  const sinceMs = before?.sinceMs ?? null;
  const judgement = judge404({ sinceMs, createdAtMs: candidateAtMs }, nowMs);
  const isConfirmed = judgement === "gone";
  const fault =
    judgement === "new"
      ? null
      : { status, sinceMs: judgement === "first" ? nowMs : (sinceMs ?? nowMs), isConfirmed };
  return check({ goodAtMs, dueAtMs: nowMs + (isConfirmed ? RECHECK_MS : CONFIRM_AFTER_MS), fault });
}

/** The cloud could not be asked: that says nothing about the image. Null: no check is due. */
export function putOffCheck(recipeState: RecipeState, nowMs: number): RecipeState | null {
  const dueAtMs = currentCheckAtMs(recipeState);
  if (recipeState.current === null || dueAtMs === null || dueAtMs > nowMs) return null;
  const known = checkOf(recipeState) ?? {
    imageId: recipeState.current,
    goodAtMs: null,
    fault: null,
  };
  return { ...recipeState, currentCheck: { ...known, dueAtMs: nowMs + RECHECK_MS } };
}
