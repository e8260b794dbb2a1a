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

type Telling = Pick<Recipe, "name" | "notifications">;

/** Tells whom the recipe names from now on, and nobody of what was before, or of what was while it named nobody. */
export async function applyNotifications(deps: Ports, recipe: Telling): Promise<void> {
  const { notifications: rules, name } = recipe;
  const anew = await stateOf(deps, recipe);
  await update(
    deps,
    notificationStateKey(name),
    notificationStateSchema,
    anew,
    (state) => (state.rules.length === 0 ? anew : { ...state, rules }),
    (state) => ({ sweepAtMs: newsCheckAtMs(state) }),
  );
}

/** What is written where nobody was told. */
async function stateOf(deps: Ports, recipe: Telling): Promise<NotificationState> {
  const there = await load(deps.store, recipeStateKey(recipe.name), recipeStateSchema);
  const isFailing = (there?.doc.failuresInRow ?? 0) > 0;
  return { ...newNotificationState(recipe, deps.now()), isFailing };
}
