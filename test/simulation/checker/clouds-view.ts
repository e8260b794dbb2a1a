import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import { firstOf } from "./image-sets.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

const CURRENT = "regild-current-";

/**
 * What consumers look up by tag goes from one image to two to one, never to none through our acts. How long an old one
 * is still shown depends on the cloud: while it refuses changes, a next one may come on top.
 */
export class CloudsView implements Rule {
  /** By tag, the images that bore it last. */
  private shown = new Map<string, string[]>();
  private readonly wasCurrent = new Set<string>();
  /** An image has died without our doing since the last check. */
  private lost = false;
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    const { is } = this;
    const hides =
      asked.kind === "patch" && asked.body.includes('"/os_hidden","value":true')
        ? asked.image
        : asked.kind === "untag" && asked.tag.startsWith(CURRENT)
          ? asked.image
          : null;
    if (hides === null || !is.strict) return;
    if (
      is.records.recipeStates
        .all()
        .some(
          (recipeState) => recipeState.current === firstOf(is, hides) && !isBack(is, recipeState),
        )
    )
      is.broken("within bounds, the current image is not hidden", hides);
  }

  recipeState({ now }: Change<RecipeState>): void {
    if (now.current !== null) this.wasCurrent.add(now.current);
  }

  died({ markedByUs }: Thing): void {
    if (!markedByUs) this.lost = true;
  }

  /** Somebody has deleted the current image: an older one that still bore its tag was no substitute for long. */
  private isCurrentGone(tag: string): boolean {
    const { is } = this;
    const recipeState = is.records.recipeStates
      .all()
      .find((h) => `${CURRENT}${h.recipeName}` === tag);
    // The last image that was good has been revoked.
    if (recipeState?.current === null || (recipeState !== undefined && isBack(is, recipeState)))
      return true;
    return recipeState !== undefined && !is.cloud.world.firstZone.images.has(recipeState.current);
  }

  changed(): void {
    const { is } = this;
    const now = new Map<string, string[]>();
    for (const { id, tags } of is.cloud.world.firstZone.images.values()) {
      for (const tag of tags) {
        if (tag.startsWith(CURRENT)) now.set(tag, [...(now.get(tag) ?? []), id]);
      }
    }
    for (const [tag, before] of this.shown) {
      const lost = this.lost || before.some((id) => is.touched(id)) || this.isCurrentGone(tag);
      if (!now.has(tag) && !lost)
        is.broken("the clouds always show a current image", `${tag}, last ${before.join()}`);
    }
    for (const [tag, ids] of now) this.observe(tag, ids);
    this.shown = now;
    this.lost = false;
  }

  private observe(tag: string, ids: string[]): void {
    for (const id of ids) {
      if (!this.wasCurrent.has(firstOf(this.is, id)))
        this.is.broken("no image is shown as current that never was", `${tag}: ${id}`);
    }
  }
}

/** A worker that read the record before a rollback may still take the image for a retired one. It is shown again soon. */
function isBack(is: Case, { images, current }: RecipeState): boolean {
  return recently(is, images.find(({ id }) => id === current)?.currentAgainAtMs);
}
