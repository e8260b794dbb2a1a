import type { RecipeState } from "../image/recipe-state.ts";
import type { Problem } from "../context.ts";
import type { Run } from "../run/record.ts";
import { CONTENT_REFUSED } from "../run/schedule-hold.ts";
import { candidateOf } from "./candidate.ts";

/** Share of the usual upload time. An upload that ended earlier did not reach its last byte. */
const SHARE_OF_EARLIER = 0.8;

/** Cinder uploads the volume, and says that its content is a raw disk. */
export function isUploadedRaw(run: Run): boolean {
  return run.recipe.image.diskFormat === "raw";
}

/**
 * Guesses whether the image service refused the content. It answers 415 after the last byte, but only to Cinder, whose
 * message is the same for every broken upload. So this judges by what a project member can see, and says "probably". A
 * full image store can look the same.
 * @returns null: the signs point elsewhere.
 */
export function contentRefused(
  run: Run,
  seen: {
    cause: { message: string; requestId: string | null } | null;
    mayCheckContent: boolean;
    recipeState: RecipeState;
    nowMs: number;
  },
): Problem | null {
  const { cause, recipeState, nowMs } = seen;
  if (!isUploadedRaw(run) || !seen.mayCheckContent || cause === null) return null;
  const { askedAtMs, missingSinceMs } = candidateOf(run);
  const seconds = ((missingSinceMs ?? nowMs) - askedAtMs) / 1000;
  const endedEarly =
    recipeState.uploadSeconds.length > 0 &&
    seconds < SHARE_OF_EARLIER * Math.min(...recipeState.uploadSeconds);
  if (endedEarly) return null;
  const request = cause.requestId === null ? "" : ` (${cause.requestId})`;
  return {
    code: CONTENT_REFUSED,
    message: `Probably the image service refused the content, because it does not take this disk as raw. Cinder says: "${cause.message}"`,
    remedy: `Write image.disk_format: qcow2 into the recipe, then refresh again, and try whether a server boots from the new image. Newer image services refuse some disks as raw, for example LUKS2 on the whole volume. If qcow2 fails as well, the image store may be full: ask the cloud's operator${request}. The schedule repeats this upload once, then waits until the recipe changes or a refresh succeeds`,
  };
}
