import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import { type Case, recently, type Rule } from "./rule.ts";

/** The projects that a recipe names have its current image, and an image is shared with nobody else. */
export class Members implements Rule {
  /** By image: projects that the program has asked to make members of it. */
  private readonly given = new Map<string, Set<string>>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind === "share") this.gives(asked.image, asked.project);
    if (asked.kind === "unshare") this.takes(asked.image, asked.project);
  }

  private gives(imageId: string, project: string): void {
    const { is, given } = this;
    given.set(imageId, (given.get(imageId) ?? new Set()).add(project));
    const found = this.recordOf(imageId);
    if (found === null) return is.broken("only images of the inventory are shared", imageId);
    const { recipeState, entry } = found;
    if (!entry.sharedWith.includes(project))
      is.broken("a project is written down before an image is shared with it", project);
    if (!recipeState.sharing.members.some((member) => member.project === project))
      is.broken("an image is shared with the recipe's members alone", project);
    const isCurrent = recipeState.current === imageId;
    if (is.strict && !isCurrent && !recently(is, entry.retiredAtMs))
      is.broken("only the current image is shared", `${imageId} is ${entry.state}`);
  }

  private takes(imageId: string, project: string): void {
    const { is } = this;
    // One that was announced, and never asked for because the worker died, is asked back as well: 404.
    const isMember = is.cloud.world.firstZone.images.get(imageId)?.members.has(project) === true;
    if (isMember && this.given.get(imageId)?.has(project) !== true)
      is.broken("only members that Regild has made are taken back", `${imageId}: ${project}`);
    const found = this.recordOf(imageId);
    if (found === null || found.entry.revoked !== null || !is.strict) return;
    const { recipeState } = found;
    const { current } = recipeState;
    const now = is.cloud.world.firstZone.images.get(current ?? "");
    if (current === null || now === undefined || is.touched(current)) return;
    if (isBack(is, recipeState) || !this.isListed(recipeState, project)) return;
    if (!now.members.has(project))
      is.broken("a member loses an image only when it has the next", `${imageId}: ${project}`);
  }

  end(): void {
    for (const recipeState of this.is.records.recipeStates.all()) this.atTheEnd(recipeState);
  }

  private atTheEnd(recipeState: RecipeState): void {
    const { is } = this;
    const { images, current, sharing } = recipeState;
    const there = is.cloud.world.firstZone.images;
    const isCurrentThere = there.has(current ?? "") && !is.touched(current ?? "");
    if (recipeState.shareDue !== null && isCurrentThere)
      is.broken("in the end, the members are as the recipe says", "a pass is still due");
    for (const entry of images) {
      const image = there.get(entry.id);
      if (image === undefined || is.touched(entry.id) || entry.state === "deleting") continue;
      const isUnshared =
        entry.state === "retired" && sharing.unshareRetired && entry.pinned === null;
      for (const { project, accept } of sharing.members) {
        const status = image.members.get(project)?.status ?? null;
        if (entry.id === current && status === null)
          is.broken("the current image has its members", `${entry.id}: ${project}`);
        if (entry.id === current && accept && status !== "accepted")
          is.broken("the current image is accepted for its members", `${entry.id}: ${project}`);
        if (isUnshared && status !== null && isCurrentThere)
          is.broken("a retired image is taken back from its members", `${entry.id}: ${project}`);
      }
    }
  }

  private recordOf(imageId: string) {
    for (const recipeState of this.is.records.recipeStates.all()) {
      const entry = recipeState.images.find(({ id }) => id === imageId);
      if (entry !== undefined) return { recipeState, entry };
    }
    return null;
  }

  private isListed({ sharing }: RecipeState, project: string): boolean {
    return sharing.members.some((member) => member.project === project);
  }
}

/** A worker that read the record before a rollback may still take the image for a retired one. It is shared again soon. */
function isBack(is: Case, { images, current }: RecipeState): boolean {
  return recently(is, images.find(({ id }) => id === current)?.currentAgainAtMs);
}
