import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** Where the recipe has a key, only images that are encrypted with it become current, and none that is not is left. */
export class Encryption implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { is } = this;
    if (now.current === null || now.current === before?.current) return;
    const entry = now.images.find(({ id }) => id === now.current);
    const run = entry === undefined ? null : is.records.run(entry.run);
    const key = run?.recipe.image.cmkId;
    const image = is.cloud.world.firstZone.images.get(now.current);
    if (key === undefined || image === undefined || is.touched(now.current)) return;
    if (image.properties["__system__cmkid"] !== key)
      is.broken("no image becomes current that is not encrypted", now.current);
    const plain = now.images.find(({ id }) => id === run?.plainImage?.id);
    if (plain?.state === "candidate")
      is.broken("what is not encrypted is given up before its copy is current", plain.id);
  }
}
