import type { Image } from "../cloud-ports.ts";
import { isFaulty, SYNC_FAILED, type Verdict, wordsOf } from "./verdict.ts";
import { type CurrentCheck, type RecipeState, type InventoryImage } from "./recipe-state.ts";
import { GONE_AFTER_MS, judge404 } from "./absence.ts";
import { imageOf } from "./inventory.ts";

/**
 * Regild checks the current image from time to time, because no event says that somebody deleted or deactivated it, or
 * that a zone failed late. Most faults show soon after the promotion, so the gap between two checks is half of the time
 * that the image has been current, within these bounds.
 */
const SHORTEST_GAP_MS = 2 * 60_000;
const LONGEST_GAP_MS = 6 * 3_600_000;
/** Gap while the image is faulty or the cloud does not answer: either may change soon. */
export const RECHECK_MS = 15 * 60_000;
/** Gap before the check that confirms a fault: long enough for a passing error to end. */
const CONFIRM_AFTER_MS = GONE_AFTER_MS + 5_000;

/** When the current image is looked at next. Null: there is none. */
export function currentCheckAtMs(recipeState: RecipeState): number | null {
  const current = imageOf(recipeState, recipeState.current ?? "");
  if (current === undefined) return null;
  return checkOf(recipeState)?.dueAtMs ?? (current.promotedAtMs ?? 0) + SHORTEST_GAP_MS;
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

/** Result of one check of the current image: good, unknown, or unusable for a reason. */
export type Seen =
  | { is: "good" }
  | { is: "unknown" }
  | {
      is: "faulty";
      status: string;
      why: string | null;
      /** The cloud itself reports the failure, so no second check is needed. */
      isSaid: boolean;
    };

/** @param verdicts one per zone, the zone that made the image first. */
export function seenOf(image: Image | null, verdicts: readonly Verdict[]): Seen {
  const faulty = (status: string, why: string | null = null, isSaid = false): Seen => ({
    is: "faulty",
    status,
    why,
    isSaid,
  });
  if (image === null || image.status === "pending_delete") return faulty("deleted");
  if (image.status !== "active") return faulty(image.status);
  const said = verdicts.find(({ code }) => code === SYNC_FAILED);
  if (said !== undefined) return faulty(SYNC_FAILED, wordsOf(said, verdicts), true);
  const bad = verdicts.find(isFaulty);
  if (bad !== undefined) return faulty(bad.code ?? "not-in-every-zone", wordsOf(bad, verdicts));
  return { is: verdicts.every(({ is }) => is === "good") ? "good" : "unknown" };
}

function gapMs({ promotedAtMs, candidateAtMs }: Checked, nowMs: number): number {
  const halfMs = Math.round((nowMs - (promotedAtMs ?? candidateAtMs)) / 2);
  return Math.min(LONGEST_GAP_MS, Math.max(SHORTEST_GAP_MS, halfMs));
}

type Checked = Pick<InventoryImage, "id" | "candidateAtMs" | "promotedAtMs">;

/** Records the result of a check. One faulty answer proves nothing: a second check confirms it soon. */
export function noteCheck(
  recipeState: RecipeState,
  entry: Checked,
  seen: Seen,
  nowMs: number,
): RecipeState | null {
  const { id, candidateAtMs } = entry;
  if (recipeState.current !== id || recipeState.activeRun !== null) return null;
  const known = checkOf(recipeState);
  const check = (is: Omit<CurrentCheck, "imageId">): RecipeState => ({
    ...recipeState,
    currentCheck: { imageId: id, ...is },
  });
  if (seen.is === "good")
    return check({ goodAtMs: nowMs, dueAtMs: nowMs + gapMs(entry, nowMs), fault: null });
  const goodAtMs = known?.goodAtMs ?? null;
  const before = known?.fault ?? null;
  if (seen.is === "unknown") return check({ goodAtMs, dueAtMs: nowMs + RECHECK_MS, fault: before });
  const { status, why } = seen;
  if (before?.isConfirmed === true)
    return check({ goodAtMs, dueAtMs: nowMs + RECHECK_MS, fault: { ...before, status, why } });
  const sinceMs = before?.sinceMs ?? null;
  const judgement = judge404({ sinceMs, createdAtMs: candidateAtMs }, nowMs);
  const isConfirmed = seen.isSaid || judgement === "gone";
  const fault =
    judgement === "new" && !isConfirmed
      ? null
      : { status, why, sinceMs: judgement === "first" ? nowMs : (sinceMs ?? nowMs), isConfirmed };
  return check({ goodAtMs, dueAtMs: nowMs + (isConfirmed ? RECHECK_MS : CONFIRM_AFTER_MS), fault });
}

/**
 * Postpones the check because the cloud did not answer, which proves nothing about the image. Null: no check is due.
 */
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
