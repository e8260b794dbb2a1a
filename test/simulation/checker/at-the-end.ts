import { hasTakenOff } from "../../../shared/source/image-id.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { isOfUnseenImage } from "./image-backups.ts";
import { firstOf, setOf } from "./image-sets.ts";
import type { Case, Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** Once nothing is due any more, the cloud holds what the inventory keeps, as the inventory has it, and nothing else of ours. */
export class AtTheEnd implements Rule {
  private readonly is: Case;
  private readonly thrown: () => ReadonlyArray<{ actor: string; error: unknown }>;

  constructor(is: Case, thrown: () => ReadonlyArray<{ actor: string; error: unknown }>) {
    this.is = is;
    this.thrown = thrown;
  }

  end(): void {
    const { is } = this;
    const recipeStates = is.records.recipeStates.all();
    for (const thing of is.things.ours()) {
      const why = this.isThereRightly(thing, recipeStates);
      if (why !== null)
        is.broken(`no ${thing.kind} is left that is not kept`, `${thing.name} ${thing.id}: ${why}`);
    }
    for (const recipeState of recipeStates) this.shown(recipeState);
    for (const { id, name, status, imageMetadata } of is.cloud.world.volumes.values()) {
      const isOurs = is.things.byId.get(id)?.by != null;
      // While it is uploading, Cinder changes none of its properties.
      const key = imageMetadata["id"];
      // Beyond the bounds, a request that is stuck for very long writes it again: the next run takes it off.
      const source = is.records.source(id) ?? null;
      const isKnown = !is.strict && source !== null && hasTakenOff(source, key ?? "");
      if (!isOurs && status !== "uploading" && key !== undefined && !isKnown)
        is.broken("no volume of others keeps an image id", `${name} ${id}`);
    }
    for (const { actor, error } of this.thrown()) {
      if (!isOfTheStore(error))
        is.broken(
          "transient failures is a wait, and nothing else throws",
          `${actor}: ${String(error)}`,
        );
    }
  }

  /** Null: it is; or somebody keeps it from being deleted, and the inventory goes on trying. */
  private isThereRightly({ kind, id }: Thing, recipeStates: RecipeState[]): string | null {
    const { world } = this.is.cloud;
    if (kind === "image") {
      const own = firstOf(this.is, id);
      const first = recipeStates.flatMap((h) => h.images.filter((i) => i.id === own))[0]?.state;
      const part = recipeStates.flatMap((h) => h.resources.filter((p) => p.id === id))[0]?.state;
      const state = part === undefined || part === "kept" ? first : part;
      if (state === "current" || state === "retired") return null;
      const image = world.firstZone.images.get(id);
      // A rename before it was found is not made good.
      const renamed = state === undefined && this.is.touched(id);
      return (image?.protected === true && state === "deleting") || renamed
        ? null
        : (state ?? "unknown");
    }
    const resource = recipeStates.flatMap((h) => h.resources.filter((p) => p.id === id))[0];
    if (kind === "volume")
      return resource?.state === "deleting" && world.volumes.get(id)?.status === "uploading"
        ? null
        : (resource?.state ?? "unknown");
    if (kind === "backup") {
      const entry = recipeStates.flatMap((h) => h.images.filter((i) => i.id === resource?.imageId));
      const isKept = entry.some(({ state }) => state === "current" || state === "retired");
      // Its image is protected, so that it is still there. Another rule says whether it may be.
      const imageId = world.backups.get(id)?.imageId ?? "";
      const isListed = recipeStates.some((h) => h.images.some((image) => image.id === imageId));
      const isNeeded = (resource !== undefined || isListed) && world.firstZone.images.has(imageId);
      return isKept || isNeeded || isOfUnseenImage(this.is, id)
        ? null
        : (resource?.state ?? "unknown");
    }
    const named = world.zones.some((zone) =>
      [...zone.images.values()].some(({ properties }) =>
        (properties["block_device_mapping"] ?? "").includes(id),
      ),
    );
    // A disk is still to be put back to it: another rule says whether it has to be.
    const isKept = this.is.records.sources.all().some((s) => s.savedDisk?.snapshotId === id);
    if (isKept) return null;
    const hasVolume = [...world.volumes.values()].some((v) => v.snapshotId === id);
    // Of an image that is kept in the inventory, and that somebody else has deleted.
    const kept = recipeStates.some((h) =>
      h.images.some((i) => i.id === resource?.imageId && ["current", "retired"].includes(i.state)),
    );
    return named || kept || (hasVolume && resource?.state === "deleting")
      ? null
      : (resource?.state ?? "unknown");
  }

  private shown(recipeState: RecipeState): void {
    const { is } = this;
    const images = is.cloud.world.firstZone.images;
    const tag = `regild-current-${recipeState.recipeName}`;
    const tagged = [...images.values()].filter((i) => i.tags.includes(tag)).map((i) => i.id);
    const { current } = recipeState;
    const wanted = current === null ? [] : setOf(recipeState, current);
    // Of a current image that somebody has deleted, the one before it stands in. So it is with one of a set.
    const isGone = wanted.some((id) => !images.has(id));
    const isOneShown = new Set(tagged.map((id) => firstOf(is, id))).size <= 1;
    const isAsWanted = tagged.toSorted().join() === wanted.toSorted().join();
    if (!isAsWanted && !(isGone && isOneShown))
      is.broken(
        "the cloud shows what the pointer names",
        `${tag}: ${tagged.join()}, pointer ${recipeState.current ?? "none"}`,
      );
    const sets = recipeState.images.flatMap((entry) =>
      setOf(recipeState, entry.id).map((id) => ({ ...entry, id })),
    );
    for (const { id, state, pinned, revoked, adopted } of sets) {
      const image = images.get(id);
      if (image === undefined) continue;
      // Earlier ones stay as they are until a current image can be shown: an adopted one may have been visible, one that
      // is pinned meanwhile hidden, and one that is unpinned meanwhile still shows its pin.
      const showsPin = image.tags.includes("regild-pinned");
      if (isGone && (adopted !== null || pinned !== null || showsPin)) continue;
      const isVisible = pinned !== null && revoked === null;
      if (state === "retired" && image.hidden === isVisible && !tagged.includes(id))
        is.broken("retired images are hidden", id);
      if (state === "current" && image.hidden) is.broken("the current image is not hidden", id);
    }
  }
}

/** A store that does not answer, and a message that is ahead of its record, come again. */
function isOfTheStore(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.message.startsWith("store:") ||
      error.name === "NotThereYet" ||
      error.message.includes("has no version"))
  );
}
