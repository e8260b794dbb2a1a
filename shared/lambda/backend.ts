import type { Deps } from "../protocol/step.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** What a function runs on: each asks for no more than it needs, and on AWS is allowed no more. */
export type StoreBackend = Omit<Deps, "clouds">;

export type CloudBackend = Deps;

export interface RecipeBackend extends StoreBackend {
  /** This installation's name. */
  home: string;
  recipes: ReadonlyMap<string, Recipe>;
}

/** All of it, as the host of one machine provides it. */
export type Backend = CloudBackend & RecipeBackend;
