import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { LateAttempt } from "./recipe-state.ts";
import { awaitLateAttempts } from "./late-attempts.ts";
import { FENCE, markCreatedForDeletion } from "./created.ts";

/** Name of the empty image that uses an id up. It exists for a moment only. */
export function fenceName(attemptId: string): string {
  return `${FENCE}${attemptId}`;
}

/**
 * Uses an image id up, so that an attempt that was given up can make no image any more. If an image has or had the id, the
 * inventory marks that image for deletion. If the cloud refuses, the inventory keeps looking for the attempt's image.
 * @returns false if the cloud refuses: the empty image may be left, and has to be asked for again by its id.
 */
export async function fence(ctx: Ctx, late: LateAttempt): Promise<boolean> {
  if (late.imageId === null) return true;
  const created = { kind: "image" as const, id: late.imageId };
  try {
    const isFenced = await ctx.cloud.images.fence(created.id, fenceName(late.attemptId));
    if (!isFenced)
      await ctx.changeRecipeState((recipeState) =>
        markCreatedForDeletion(recipeState, created, late, ctx.now()),
      );
    return true;
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    await ctx.changeRecipeState((recipeState) => awaitLateAttempts(recipeState, [late]));
    return false;
  }
}

export async function fenceAll(ctx: Ctx, attempts: LateAttempt[]): Promise<void> {
  for (const late of attempts) await fence(ctx, late);
}
