import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { type Case, type Change, INVOCATION_MS, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** The images of several data disks are current together or not at all, and nobody finds half a set. */
export class ImageSets implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    if (now.current === null || now.current === before?.current) return;
    const { is } = this;
    const isBack = now.images.some((i) => i.id === now.current && i.currentAgainAtMs !== null);
    const entry = now.images.find(({ id }) => id === now.current);
    const run = entry === undefined ? null : is.records.run(entry.run);
    const set = setOf(now, now.current);
    const disks = run?.source?.disks.length ?? 1;
    if (!isBack && set.length !== Math.max(1, disks))
      is.broken("a set has an image of each disk", `${now.current}: ${set.length} of ${disks}`);
    for (const id of set.slice(1)) this.isUsable(id, isBack);
  }

  /** Another rule looks at the first image in the same way. */
  private isUsable(id: string, isBack: boolean): void {
    const { is } = this;
    const status = is.cloud.world.firstZone.images.get(id)?.status ?? "not there";
    const isExcused =
      recently(is, is.things.byId.get(id)?.diedAtMs) ||
      is.touched(id, isBack ? 0 : is.nowMs - INVOCATION_MS);
    if (status !== "active" && !isExcused)
      is.broken("each image of a set that becomes current is usable", `${id} is ${status}`);
  }

  died({ id, kind, markedByUs }: Thing): void {
    if (kind !== "image" || !markedByUs) return;
    for (const recipeState of this.is.records.recipeStates.all()) {
      const { current } = recipeState;
      if (current !== null && setOf(recipeState, current).slice(1).includes(id))
        this.is.broken("each image of the current set exists", `${recipeState.recipeName}: ${id}`);
    }
  }

  /** The first image is marked after the others, and loses its mark before them. */
  changed(): void {
    const { is } = this;
    if (!is.strict) return;
    const { images } = is.cloud.world.firstZone;
    for (const recipeState of is.records.recipeStates.all()) {
      const tag = `regild-current-${recipeState.recipeName}`;
      for (const { id } of recipeState.images) {
        if (images.get(id)?.tags.includes(tag) !== true) continue;
        const hidden = setOf(recipeState, id).filter(
          (one) => images.get(one)?.tags.includes(tag) === false && !is.touched(one),
        );
        if (hidden.length > 0 && !is.touched(id) && !this.isMovedLately(recipeState))
          is.broken("within bounds, nobody finds half a set", `${id} without ${hidden.join()}`);
      }
    }
  }

  /** A worker that read the record before a rollback may still hide what another one shows. */
  private isMovedLately({ pointerChanges }: RecipeState): boolean {
    return pointerChanges.some(({ kind, atMs }) => kind !== "promoted" && recently(this.is, atMs));
  }
}

/** The first image of the set that the image belongs to: itself, if it is an image of its own. */
export function firstOf(is: Case, imageId: string): string {
  for (const { resources } of is.records.recipeStates.all()) {
    const part = resources.find(({ kind, id }) => kind === "image" && id === imageId);
    if (part?.imageId != null) return part.imageId;
  }
  return imageId;
}

/** Ids of the whole set, the first image first. */
export function setOf({ resources }: RecipeState, firstId: string): string[] {
  const others = resources.filter(({ kind, imageId }) => kind === "image" && imageId === firstId);
  return [firstId, ...others.map(({ id }) => id)];
}
