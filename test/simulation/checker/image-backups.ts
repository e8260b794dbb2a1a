import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** The backup of a full-server image is complete before the image is current, and nothing names it once its image is gone. */
export class ImageBackups implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind !== "delete") return;
    if (asked.of === "image" && asked.withBackup) this.withItsImage(asked.id);
    if (asked.of === "backup") this.byItself(asked.id);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { is } = this;
    if (now.current === before?.current) return;
    for (const { id, imageId, status } of is.cloud.world.backups.values())
      if (imageId === now.current && status === "protecting")
        is.broken("no image is current before its backup is complete", `${imageId}: ${id}`);
  }

  private withItsImage(imageId: string): void {
    // A worker that has slept asks for what another one has deleted, and the inventory has forgotten.
    if (!this.is.cloud.world.firstZone.images.has(imageId)) return;
    const isRecorded = this.is.records.recipeStates
      .all()
      .some(({ resources }) => resources.some((p) => p.kind === "backup" && p.imageId === imageId));
    if (!isRecorded)
      this.is.broken("a backup is written down before it is deleted with its image", imageId);
  }

  private byItself(id: string): void {
    const { is } = this;
    const { backups, firstZone } = is.cloud.world;
    const imageId = backups.get(id)?.imageId ?? "";
    if (firstZone.images.has(imageId) && !is.touched(imageId))
      is.broken("no backup is deleted that an image is made of", `${id}, by ${imageId}`);
  }
}

/** Somebody has renamed or deleted its image before the program had ever seen it: that is not made good. */
export function isOfUnseenImage(is: Case, backupId: string): boolean {
  const imageId = is.cloud.world.backups.get(backupId)?.imageId ?? "";
  const image = is.things.byId.get(imageId);
  const isGone = image !== undefined && image.diedAtMs !== null && !image.markedByUs;
  const isSeen = is.records.recipeStates
    .all()
    .some(({ images }) => images.some(({ id }) => id === imageId));
  return !isSeen && (isGone || is.touched(imageId));
}
