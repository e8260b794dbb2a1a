import type { Deps } from "../protocol/step.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** What a function runs on. On one machine the host provides it; on Lambda, the environment. */
export interface Backend extends Deps {
  /** This installation's name. */
  home: string;
  recipes: ReadonlyMap<string, Recipe>;
}
