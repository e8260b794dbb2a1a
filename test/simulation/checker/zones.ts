import type { InventoryImage, RecipeState } from "../../../shared/image/recipe-state.ts";
import { snapshotsOf } from "./pointer.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** What an image's zones promise: it is current only where it is usable everywhere, and gone only where nothing is left. */
export class Zones implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const was = new Map(before?.images.map((image) => [image.id, image.state]));
    for (const { id, state, zones } of now.images) {
      const earlier = was.get(id);
      if (state === "gone" && earlier !== "gone" && this.copiesOf(id).length > 0)
        this.is.broken("what the inventory calls gone is gone everywhere", id);
      if (state === "current" && earlier === "candidate" && zones.length > 0) this.isEverywhere(id);
    }
  }

  /** Where it was made it may have died since: another rule speaks of that. */
  private isEverywhere(id: string): void {
    const { is } = this;
    const dead = is.things.byId.get(id)?.diedAtMs;
    if (recently(is, dead) || is.touched(id)) return;
    for (const { name, images } of is.cloud.world.zones) {
      const status = images.get(id)?.status ?? "not there";
      if (status !== "active")
        is.broken("what becomes current is usable in each zone", `${id} in ${name}: ${status}`);
    }
  }

  /** A fault that the cloud itself reports is left within one look, if an earlier image is good and nobody is at work. */
  private staysFaulty(): void {
    const { is } = this;
    const [first, ...others] = is.cloud.world.zones;
    for (const { images, current, recipeName } of is.records.recipeStates.all()) {
      const shown = first?.images.get(current ?? "");
      const hasReason = REASONS.some((key) => shown?.properties[key] !== undefined);
      const now = images.find(({ id }) => id === current);
      if (!hasReason || now === undefined || is.touched(now.id)) continue;
      const isGood = ({ id, state, revoked, rolledBackAtMs, promotedAtMs }: InventoryImage) => {
        const image = first?.images.get(id);
        const isElsewhere = others.every((zone) => zone.images.get(id)?.status === "active");
        return (
          state === "retired" &&
          revoked === null &&
          rolledBackAtMs === null &&
          (promotedAtMs ?? 0) < (now.promotedAtMs ?? 0) &&
          image?.status === "active" &&
          REASONS.every((key) => image.properties[key] === undefined) &&
          isElsewhere &&
          snapshotsOf(image.properties).length === 0 &&
          !is.touched(id)
        );
      };
      if (images.some(isGood))
        is.broken("no image with a reason stays current", `${recipeName}: ${now.id}`);
    }
  }

  /** An image that could not be synchronised is seen gone before the next one is made. */
  born({ kind, by, isFence, name }: Thing): void {
    if (kind !== "image" || by === null || isFence) return;
    const { is } = this;
    for (const { images } of is.records.recipeStates.all()) {
      for (const { id, run, state, reason } of images) {
        const attempt = is.things.byId.get(id)?.by?.attempt ?? by.attempt;
        if (
          run === by.run &&
          state === "deleting" &&
          reason === NOT_SYNCHRONISED &&
          attempt < by.attempt
        )
          is.broken("an image that failed is gone before the next one is made", name);
      }
    }
  }

  end(): void {
    const { is } = this;
    this.staysFaulty();
    const known = is.records.recipeStates.all().flatMap(({ images }) => images);
    for (const thing of is.things.byId.values()) {
      if (thing.kind !== "image" || thing.by === null || thing.diedAtMs === null) continue;
      const state = known.find(({ id }) => id === thing.id)?.state;
      const isKept = state === "current" || state === "retired";
      if (!isKept && this.copiesOf(thing.id).length > 0)
        is.broken(
          "no copy of an image is left",
          `${thing.name} ${thing.id}: ${state ?? "unknown"}`,
        );
    }
  }

  /** Zones that have a copy. Other rules check the zone where images are made. */
  private copiesOf(id: string): string[] {
    const [, ...others] = this.is.cloud.world.zones;
    return others.flatMap(({ name, images }) => (images.has(id) ? [name] : []));
  }
}

const REASONS = ["sync_status_reason", "sync_reason_status"];
const NOT_SYNCHRONISED = "not synchronised";
