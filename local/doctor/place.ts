import type { Recipe } from "../../shared/recipe/recipe.ts";

/** One cloud and region, and the recipes that use it. */
export interface Place {
  cloud: string;
  region: string | null;
  recipes: Recipe[];
}

/**
 * Each cloud and region once.
 * @param cloud only this entry of clouds.yaml, also if no recipe uses it.
 */
export function placesOf(recipes: Iterable<Recipe>, cloud: string | undefined): Place[] {
  const used = [...recipes].filter((recipe) => cloud === undefined || recipe.cloud === cloud);
  const places = [...Map.groupBy(used, (recipe) => JSON.stringify([recipe.cloud, recipe.region]))];
  if (places.length === 0 && cloud !== undefined) return [{ cloud, region: null, recipes: [] }];
  return places.flatMap(([, sharing]) => {
    const first = sharing[0];
    return first === undefined
      ? []
      : [{ cloud: first.cloud, region: first.region, recipes: sharing }];
  });
}
