import { recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import {
  newNotificationState,
  newsCheckAtMs,
  type NotificationState,
  notificationStateSchema,
} from "../notification/state.ts";
import { notificationStateKey } from "../notification/state-key.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { load, update } from "./actor.ts";
import type { Deps } from "./step.ts";

type Ports = Pick<Deps, "store" | "ids" | "now">;

/** Tells whom the recipe names from now on, and nobody of what was before. */
export async function applyNotifications(deps: Ports, recipe: Recipe): Promise<void> {
  const { notifications: rules, name } = recipe;
  await update(
    deps,
    notificationStateKey(name),
    notificationStateSchema,
    await stateOf(deps, recipe),
    (state) => ({ ...state, rules }),
    (state) => ({ sweepAtMs: newsCheckAtMs(state) }),
  );
}

/** What is written where there is no record yet. */
async function stateOf(deps: Ports, recipe: Recipe): Promise<NotificationState> {
  const there = await load(deps.store, recipeStateKey(recipe.name), recipeStateSchema);
  const isFailing = (there?.doc.failuresInRow ?? 0) > 0;
  return { ...newNotificationState(recipe, deps.now()), isFailing };
}
