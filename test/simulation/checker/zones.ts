import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { InventoryImage, RecipeState } from "../../../shared/image/recipe-state.ts";
import { snapshotsOf } from "./pointer.ts";
import type { Run } from "../../../shared/run/record.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** What an image's zones promise: it is current only where it is usable everywhere, and gone only where nothing is left. */
export class Zones implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  /** Faulty images that a run was started for. */
  private readonly startedFor = new Set<string>();
  private readonly startedByCheck = new Set<string>();

  run({ before, now }: Change<Run>): void {
    const { is, startedFor, startedByCheck } = this;
    const [what, image = ""] = now.trigger.id.split(" ");
    if (before !== null || what !== "check") return;
    if (startedFor.has(image)) is.broken("one new run is started for a faulty image", now.id);
    startedFor.add(image);
    startedByCheck.add(now.id);
    const maker = is.things.byId.get(image)?.by?.run;
    if (typeof maker === "string" && startedByCheck.has(maker))
      is.broken("a run that was started for a faulty image is followed by none", now.id);
    // Going back comes before the new run.
    for (const recipeState of is.records.recipeStates.all())
      if (recipeState.current === image) this.staysFaulty(recipeState);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const was = new Map(before?.images.map((image) => [image.id, image.state]));
    for (const entry of now.images) {
      const { id, state, zones } = entry;
      const earlier = was.get(id);
      if (state === "gone" && earlier !== "gone" && this.copiesOf(id, entry).length > 0)
        this.is.broken("what the inventory calls gone is gone everywhere", id);
      if (state !== "current" || earlier !== "candidate") continue;
      const stores = zones.flatMap(({ store }) => store ?? []);
      if (zones.length > stores.length) this.isEverywhere(entry);
      for (const store of stores) this.isIn(store, id);
    }
  }

  /** Where it was made it may have died since: another rule speaks of that. */
  private isEverywhere(entry: InventoryImage): void {
    const { is } = this;
    const { id } = entry;
    const dead = is.things.byId.get(id)?.diedAtMs;
    if (recently(is, dead) || is.touched(id)) return;
    for (const { name, images } of is.cloud.world.zones) {
      const there = idIn(entry, name);
      const status = images.get(there)?.status ?? "not there";
      if (status !== "active")
        is.broken("what becomes current is usable in each zone", `${id} in ${name}: ${status}`);
      else if (
        there === id &&
        images.get(id)?.checksum !== is.cloud.world.firstZone.images.get(id)?.checksum
      )
        is.broken("what becomes current is the same in each zone", `${id} in ${name}`);
    }
  }

  private isIn(store: string, id: string): void {
    const image = this.is.cloud.world.firstZone.images.get(id);
    if (image === undefined || this.is.touched(id) || image.stores.includes(store)) return;
    this.is.broken("what becomes current is in each store", `${id} is not in ${store}`);
  }

  /** A fault that the cloud itself reports is left within one check, if an earlier image is good. */
  private staysFaulty({ images, current, recipeName }: RecipeState): void {
    const { is } = this;
    const shown = is.cloud.world.firstZone.images.get(current ?? "");
    const now = images.find(({ id }) => id === current);
    if (shown === undefined || now === undefined || !hasReason(shown) || is.touched(now.id)) return;
    if (images.some((image) => this.isGoodBefore(image, now)))
      is.broken("no image with a reason stays current", `${recipeName}: ${now.id}`);
  }

  private isGoodBefore(earlier: InventoryImage, current: InventoryImage): boolean {
    const { id, state, revoked, rolledBackAtMs, promotedAtMs } = earlier;
    const [first, ...others] = this.is.cloud.world.zones;
    const image = first?.images.get(id);
    return (
      state === "retired" &&
      revoked === null &&
      rolledBackAtMs === null &&
      (promotedAtMs ?? 0) < (current.promotedAtMs ?? 0) &&
      image?.status === "active" &&
      !hasReason(image) &&
      others.every((zone) => zone.images.get(idIn(earlier, zone.name))?.status === "active") &&
      snapshotsOf(image.properties).length === 0 &&
      !this.is.touched(id)
    );
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
    for (const recipeState of is.records.recipeStates.all()) this.staysFaulty(recipeState);
    const known = is.records.recipeStates.all().flatMap(({ images }) => images);
    for (const thing of is.things.byId.values()) {
      if (thing.kind !== "image" || thing.by === null || thing.diedAtMs === null) continue;
      const state = known.find(({ id }) => id === thing.id)?.state;
      const isKept = state === "current" || state === "retired";
      const left = this.copiesOf(thing.id);
      // Somebody keeps it from being deleted, and the inventory goes on trying.
      const isHeld = state === "deleting" && left.every((copy) => copy.protected);
      if (!isKept && !isHeld && left.length > 0)
        is.broken(
          "no copy of an image is left",
          `${thing.name} ${thing.id}: ${state ?? "unknown"}`,
        );
    }
  }

  /** Its copies. Other rules check the zone where images are made. */
  private copiesOf(id: string, entry?: InventoryImage): Image[] {
    const [, ...others] = this.is.cloud.world.zones;
    return others.flatMap(
      ({ name, images }) => images.get(entry === undefined ? id : idIn(entry, name)) ?? [],
    );
  }
}

/** The image's own id, or that of a copy by IMS. */
function idIn({ id, zones }: InventoryImage, name: string): string {
  return zones.find(({ region }) => region === name)?.imageId ?? id;
}

function hasReason({ properties }: { properties: Record<string, string> }): boolean {
  return REASONS.some((key) => properties[key] !== undefined);
}

const REASONS = ["sync_status_reason", "sync_reason_status"];
const NOT_SYNCHRONISED = "not synchronised";
