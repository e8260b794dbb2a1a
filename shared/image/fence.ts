import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { LateAttempt } from "./recipe-state.ts";
import { awaitLateAttempts } from "./inventory.ts";
import { markCreatedForDeletion } from "./created.ts";

/** The name of the empty image that uses an id up, for the moment that it is there. */
export function fenceName(attemptId: string): string {
  return `regild-fence-${attemptId}`;
}

/**
 * Sees to it that an attempt which was given up makes no image any more: its image id is used up. If an image has the id, or
 * had it, the inventory marks for deletion that image. A cloud that refuses the fence leaves the attempt to the inventory, which goes on looking.
 */
export async function fence(ctx: Ctx, late: LateAttempt): Promise<void> {
  if (late.imageId === null) return;
  const created = { kind: "image" as const, id: late.imageId };
  try {
    const isFenced = await ctx.cloud.images.fence(created.id, fenceName(late.attemptId));
    if (!isFenced)
      await ctx.changeRecipeState((recipeState) =>
        markCreatedForDeletion(recipeState, created, late, ctx.now()),
      );
  } catch (error) {
    if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
    await ctx.changeRecipeState((recipeState) => awaitLateAttempts(recipeState, [late]));
  }
}

export async function fenceAll(ctx: Ctx, attempts: LateAttempt[]): Promise<void> {
  for (const late of attempts) await fence(ctx, late);
}
