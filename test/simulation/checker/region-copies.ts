import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { InventoryImage } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** A copy that IMS has made in another zone has an id of its own. It is shown, kept and deleted with its image. */
export class RegionCopies implements Rule {
  private readonly is: Case;
  /** The name of each that was announced. */
  private readonly names = new Set<string>();

  constructor(is: Case) {
    this.is = is;
  }

  run({ now: { intent } }: Change<Run>): void {
    if (intent?.kind === "copy-to-region") this.names.add(intent.name);
  }

  request(asked: Asked): void {
    if (asked.kind !== "delete" || asked.of !== "image") return;
    const copy = this.copies().find(({ id }) => id === asked.id);
    if (copy === undefined) return;
    const isToGo = this.entriesOf(copy.id).some(({ state }) => state === "deleting");
    if (!isToGo) this.is.broken("a copy in another region is deleted with its image", copy.id);
  }

  end(): void {
    const { is } = this;
    const { images: made } = is.cloud.world.firstZone;
    for (const { id, name } of this.copies()) {
      // Somebody keeps the image from being deleted, and its copy stays with it.
      const isKept = this.entriesOf(id).some(
        (entry) => entry.state === "current" || entry.state === "retired" || made.has(entry.id),
      );
      if (!isKept)
        is.broken("no copy in another region is left without its image", `${name} ${id}`);
    }
    for (const { recipeName, current, images } of is.records.recipeStates.all()) {
      const wanted = images.filter(({ id }) => id === current).flatMap(idsOf);
      if (wanted.length === 0 || is.touched(current ?? "")) continue;
      const tag = `regild-current-${recipeName}`;
      const shown = this.copies().filter(({ tags }) => tags.includes(tag));
      const ids = shown.map(({ id }) => id).join();
      if (ids !== wanted.join())
        is.broken(
          "another region shows the copy of the current image",
          `${tag}: ${ids}, ${wanted.join()}`,
        );
    }
  }

  private copies(): Image[] {
    const [, ...others] = this.is.cloud.world.zones;
    return others
      .flatMap(({ images }) => [...images.values()])
      .filter(({ name }) => this.names.has(name ?? ""));
  }

  /** Of the image that it is a copy of, and of a late copy itself. */
  private entriesOf(copyId: string): InventoryImage[] {
    return this.is.records.recipeStates
      .all()
      .flatMap(({ images }) => images)
      .filter((entry) => entry.id === copyId || idsOf(entry).includes(copyId));
  }
}

function idsOf({ zones }: InventoryImage): string[] {
  return zones.flatMap(({ imageId }) => imageId ?? []);
}
