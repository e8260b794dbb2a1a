import { recipeDueAtMs } from "../image/due.ts";
import { imageOf } from "../image/inventory.ts";
import { pinned, refusalOfPin, unpinned } from "../image/pin.ts";
import { type RecipeState, recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { reasonOf } from "../plain-text.ts";
import { commit, load } from "../protocol/actor.ts";
import type { Deps } from "../protocol/step.ts";
import { queueOf } from "../protocol/sweep.ts";

type CommandDeps = Pick<Deps, "store" | "queue" | "ids" | "now">;

export interface Pinning {
  recipeState: RecipeState;
  /** False: it was so before, and nothing was written. */
  isNew: boolean;
}

const MAX_RACES = 20;

/**
 * Writes down that an image stays, or that it need not any more. From this write on, no worker marks a pinned image for
 * deletion. A worker shows the change to the cloud.
 * @param asking null: the pin is taken out.
 */
export async function changePin(
  deps: CommandDeps,
  recipeName: string,
  imageId: string,
  asking: { by: string; reason: string } | null,
): Promise<Pinning | { refused: string }> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, recipeStateKey(recipeName), recipeStateSchema);
    if (actor === null) return { refused: `${recipeName} has no image yet` };
    const { doc: recipeState } = actor;
    const refused = refusalOfPin(imageOf(recipeState, imageId), asking !== null);
    if (refused !== null) return { refused };
    const now = deps.now();
    const changed =
      asking === null
        ? unpinned(recipeState, imageId, now)
        : pinned(recipeState, imageId, {
            by: asking.by,
            reason: reasonOf(asking.reason),
            atMs: now,
          });
    if (changed === null) return { recipeState, isNew: false };
    const won = await commit(deps, actor, changed, { sweepAtMs: recipeDueAtMs(changed) });
    if (won === null) continue;
    const { key, version } = won;
    await deps.queue.send(queueOf({ key, doc: JSON.stringify(changed) }), { key, version }, 0);
    return { recipeState: changed, isNew: true };
  }
  throw new Error(`the record of ${recipeName} was changed by others ${MAX_RACES} times in a row`);
}
