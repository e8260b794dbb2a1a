import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** A recipe's line takes in only what a person has asked for, and what is nobody else's. */
export class Adoptions implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { is } = this;
    const known = new Set(before?.images.map(({ id }) => id));
    for (const { id, state, adopted } of now.images) {
      if (known.has(id) || (state !== "retired" && adopted === null)) continue;
      if (adopted === null) is.broken("only what a person has adopted begins as retired", id);
      const image = is.cloud.world.firstZone.images.get(id);
      if (image?.protected === true) is.broken("nothing protected is adopted", id);
      if (is.things.byId.get(id)?.by != null)
        is.broken("no image of a run is adopted", `${id} by ${now.recipeName}`);
    }
  }
}
