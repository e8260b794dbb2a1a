import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** What a person has pinned stays. */
export class Pins implements Rule {
  /** Images that were pinned while they were promoted ones, by the record alone. */
  private readonly pinned = new Set<string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    for (const { id, state, pinned } of now.images) {
      const was = before?.images.find((image) => image.id === id);
      if (was?.pinned != null && was.state !== state && (state === "deleting" || state === "gone"))
        this.is.broken("a pinned image is never deleted", `${id} is ${state}`);
      if (pinned === null) this.pinned.delete(id);
      else if (state === "current" || state === "retired") this.pinned.add(id);
    }
  }

  request(asked: Asked): void {
    if (asked.kind === "delete" && this.pinned.has(asked.id))
      this.is.broken("a pinned image is never deleted", asked.id);
  }

  end(): void {
    const { is } = this;
    const there = is.cloud.world.firstZone.images;
    for (const { images, current } of is.records.recipeStates.all()) {
      // While somebody has deleted the current image, the others stay as they are.
      if (current !== null && !there.has(current)) continue;
      for (const { id, pinned } of images) {
        const image = there.get(id);
        if (image === undefined || is.touched(id)) continue;
        if (image.tags.includes("regild-pinned") !== (pinned !== null))
          is.broken("the cloud shows which images are pinned", id);
      }
    }
  }
}
