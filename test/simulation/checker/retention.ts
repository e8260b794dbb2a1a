import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import { TIMING } from "../simulation.ts";
import { type Case, type Change, INVOCATION_MS, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** A retired image goes when its cooling-off is over, nobody uses it, and enough others are there to go back to. */
export class Retention implements Rule {
  private readonly retiredAtMs = new Map<string, number>();
  /** When an image of the recipe last died without our doing. */
  private readonly lostAtMs = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  died({ kind, by, markedByUs, diedAtMs }: Thing): void {
    if (kind === "image" && by !== null && !markedByUs)
      this.lostAtMs.set(by.recipeName, diedAtMs ?? 0);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const was = new Map(before?.images.map((i) => [i.id, i.state]));
    for (const image of now.images) {
      const earlier = was.get(image.id);
      if (earlier === image.state) continue;
      if (image.state === "retired") this.retiredAtMs.set(image.id, this.is.nowMs);
      if (image.state === "deleting" && earlier === "retired") this.goes(image, now);
    }
  }

  private goes(goer: InventoryImage, recipeState: RecipeState): void {
    const { is } = this;
    const images = is.cloud.world.firstZone.images;
    const there = images.get(goer.id);
    if (there === undefined) return;
    const { rules } = recipeState;
    if (rules === null) {
      is.broken("nothing goes of a recipe that has kept nothing yet", goer.id);
      return;
    }
    const seenMs = this.retiredAtMs.get(goer.id) ?? 0;
    // A worker may sleep between the time that it writes down and the write.
    const sinceMs = Math.max(goer.retiredAtMs ?? seenMs, seenMs - INVOCATION_MS);
    if (is.strict && is.nowMs < sinceMs + rules.coolingOffMs - TIMING.skewMs)
      is.broken("nothing goes before its cooling-off is over", goer.id);
    // Regild's own protection goes with the mark.
    const isOurs = there.properties["regild_protected"]?.startsWith(goer.id) === true;
    if (there.protected && !isOurs && !this.justTouched(goer.id))
      is.broken("no protected image goes", goer.id);
    this.staysUsable(goer, recipeState, rules.keep);
    const users = this.usersOf(goer.id);
    if (users.length > 0)
      is.broken("no image goes that is in use", `${goer.id} by ${users.join(", ")}`);
  }

  /** Counted in the cloud, not in the inventory. */
  private staysUsable(goer: InventoryImage, recipeState: RecipeState, keep: number): void {
    const { is } = this;
    const isActive = (id: string) => is.cloud.world.firstZone.images.get(id)?.status === "active";
    // Nobody goes back to a revoked one.
    if (!isActive(goer.id) || goer.revoked !== null) return;
    const left = recipeState.images.filter(
      (i) =>
        (i.state === "current" || i.state === "retired") &&
        i.revoked === null &&
        i.where.sourceId === goer.where.sourceId &&
        isActive(i.id),
    );
    const changed =
      recently(is, this.lostAtMs.get(recipeState.recipeName)) ||
      recipeState.images.some((i) => this.justTouched(i.id));
    if (left.length < keep && !changed)
      is.broken("as many active images stay as are to be kept", `${left.length} of ${keep}`);
  }

  private justTouched(id: string): boolean {
    return this.is.touched(id, this.is.nowMs - INVOCATION_MS);
  }

  private usersOf(imageId: string): string[] {
    const { servers, volumes } = this.is.cloud.world;
    const resources = this.is.records.recipeStates
      .all()
      .flatMap((h) => h.resources.filter((p) => p.imageId === imageId).map((p) => p.id));
    return [
      ...[...servers.values()].filter((s) => s.imageId === imageId),
      ...[...volumes.values()].filter(
        (v) =>
          v.imageMetadata["image_id"] === imageId ||
          (v.snapshotId !== null && resources.includes(v.snapshotId)),
      ),
    ]
      .filter(({ createdAtMs }) => !recently(this.is, createdAtMs))
      .map(({ name }) => name);
  }
}
