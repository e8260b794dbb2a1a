import { awaitLateAttempts, markForDeletion } from "../image/inventory.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { lateAttempts } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import { handedOn, SYNC_REASONS } from "../source/resolve.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";
import { sourceOf } from "./creations.ts";

type Seen = Image | null;
type Act = { kind: "mark-for-deletion" };

/** A passing fault is gone by the second, a broken zone never. */
const MAX_ATTEMPTS = 3;

/** The image is usable where it is registered: active, and no zone has reported that it could not take it over. */
export const validateSync = step<Seen, Act>({ observe, decide, perform });

function observe(ctx: Ctx, run: Run): Promise<Seen> {
  return ctx.cloud.images.image(candidateOf(run).id);
}

export function decide(run: Run, image: Seen, nowMs: number): Decision<Act> {
  const candidate = candidateOf(run);
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (image === null || image.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidate.id} was active and is ${image === null ? "gone" : image.status}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  const reason = syncReason(run, image);
  if (reason === null) {
    const set = { candidate: { ...candidate, missingSinceMs: null } };
    return { kind: "advance", to: "promote-image", text: "usable", set };
  }
  if (run.attempt >= MAX_ATTEMPTS) {
    return {
      kind: "fail",
      code: "sync-failed",
      message: `${MAX_ATTEMPTS} images in a row could not be synchronised: ${reason}`,
      remedy: "Give that message to the cloud's operator, then refresh again",
    };
  }
  return {
    kind: "act",
    act: { kind: "mark-for-deletion" },
    text: reason,
    set: nextAttempt(run),
    thenWaitSeconds: 1,
  };
}

/** There is no way to synchronise again: K5's documents say to delete the image and create it anew. */
function nextAttempt(run: Run): Partial<Run> {
  return {
    attempt: run.attempt + 1,
    step: "prepare-source",
    candidate: null,
    snapshot: null,
    volume: null,
    stoppedAtMs: null,
    restoredAtMs: null,
    unansweredAttempts: [],
  };
}

/** A reason that the source had from its own image says nothing of this one. */
function syncReason(run: Run, image: Image): string | null {
  const { inherited } = sourceOf(run);
  const reported = handedOn(image.properties);
  const key = SYNC_REASONS.find((k) => reported[k] !== undefined && reported[k] !== inherited[k]);
  return key === undefined ? null : (reported[key] ?? null);
}

/** The next attempt knows nothing of this one's unanswered creates: the inventory looks for them from here on. */
async function perform(ctx: Ctx, run: Run): Promise<void> {
  const now = ctx.now();
  await ctx.changeRecipeState((recipeState) =>
    markForDeletion(recipeState, candidateOf(run).id, "not synchronised", now),
  );
  await ctx.changeRecipeState((recipeState) =>
    awaitLateAttempts(recipeState, lateAttempts(run, now)),
  );
}
