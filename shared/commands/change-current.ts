import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
  type PointerChange,
  type PointerRequest,
} from "../image/recipe-state.ts";
import { recipeDueAtMs } from "../image/due.ts";
import { isShown } from "../image/shown.ts";
import { refusalOf } from "../image/pointer.ts";
import { reasonOf } from "../plain-text.ts";
import { type Actor, commit, load } from "../protocol/actor.ts";
import type { Deps } from "../protocol/step.ts";
import { queueOf } from "../protocol/sweep.ts";

export type CommandDeps = Pick<Deps, "store" | "queue" | "ids" | "now">;

export type Asking = Pick<PointerRequest, "kind" | "from" | "imageId" | "by" | "reason">;

const MAX_RACES = 20;

/**
 * Asks for another current image: goes back to an earlier one, or revokes one. A worker looks at the images, moves the
 * pointer and shows it to the cloud, also while a run is at work. From the request on, no run of the recipe promotes.
 * @param id the same for a request that is asked again. It is carried out once.
 * @returns the request's id, for `answerTo`; or why the record alone refuses it.
 */
export async function askForChange(
  deps: CommandDeps,
  recipeName: string,
  asking: Asking,
  id: string = deps.ids.short() + deps.ids.short(),
): Promise<{ id: string } | { refused: string }> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, recipeStateKey(recipeName), recipeStateSchema);
    if (actor === null) return { refused: `${recipeName} has no image yet` };
    const recipeState = actor.doc;
    if (recipeState.pointerRequests.some((request) => request.id === id))
      return sent(deps, actor, id);
    if (recipeState.pointerChanges.some((answered) => answered.id === id)) return { id };
    const refused = refusalOf(recipeState, asking);
    if (refused !== null) return { refused };
    const request = { ...asking, reason: reasonOf(asking.reason), id, atMs: deps.now() };
    const changed = { ...recipeState, pointerRequests: [...recipeState.pointerRequests, request] };
    const won = await commit(deps, actor, changed, { sweepAtMs: recipeDueAtMs(changed) });
    if (won !== null) return sent(deps, won, id);
  }
  throw new Error(`the record of ${recipeName} was changed by others ${MAX_RACES} times in a row`);
}

async function sent(
  deps: CommandDeps,
  actor: Actor<RecipeState>,
  id: string,
): Promise<{ id: string }> {
  await send(deps, actor);
  return { id };
}

async function send(
  { queue }: CommandDeps,
  { key, version, doc }: Actor<RecipeState>,
): Promise<void> {
  const name = queueOf({ key, doc: JSON.stringify(doc) });
  await queue.send(name, { key, version }, 0);
}

export interface Answer {
  change: PointerChange;
  /** The cloud shows the image that is current. */
  isShown: boolean;
}

/**
 * @param again sends the message once more: another write to the record has made the first one out of date.
 * @returns null: not carried out yet.
 */
export async function answerTo(
  deps: CommandDeps,
  recipeName: string,
  id: string,
  { again }: { again: boolean },
): Promise<Answer | null> {
  const actor = await load(deps.store, recipeStateKey(recipeName), recipeStateSchema);
  if (actor === null) return null;
  const { doc } = actor;
  const change = doc.pointerChanges.find((known) => known.id === id) ?? null;
  const isDue = doc.projectAtMs !== null && doc.projectAtMs <= (change?.atMs ?? 0);
  const shown = isShown(doc) && !isDue;
  if (again && (change === null || !shown)) await send(deps, actor);
  return change === null ? null : { change, isShown: shown };
}
