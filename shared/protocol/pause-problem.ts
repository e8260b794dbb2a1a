import { pauseText, wholePauseAt } from "../image/pause.ts";
import { recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { load } from "./actor.ts";
import type { Deps } from "./step.ts";

/** @returns why the recipe must not be started now. Null: it may. A pause of the schedule alone allows it. */
export async function pauseProblem(
  { store, now }: Pick<Deps, "store" | "now">,
  recipeName: string,
): Promise<string | null> {
  const actor = await load(store, recipeStateKey(recipeName), recipeStateSchema);
  const pause = actor === null ? null : wholePauseAt(actor.doc, now());
  return pause === null ? null : pauseText(pause);
}
