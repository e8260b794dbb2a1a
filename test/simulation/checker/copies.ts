import { imageOf } from "../../../shared/image/inventory.ts";
import type { Run } from "../../../shared/run/record.ts";
import { type Asked, FENCE } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** Three tries of the run, and those that it could not note. */
const MOST_TIMES = 9;

/** A copy in another image service is the image under its own id, asked for by the run that announced it. */
export class Copies implements Rule {
  private readonly is: Case;
  /** Ids of images of which a run has announced copies. */
  private readonly announced = new Set<string>();
  private readonly fetches = new Map<string, number>();
  /** How often the content of each copy began to be sent, and who did so last. */
  private readonly sends = new Map<string, { times: number; by: string | null }>();

  constructor(is: Case) {
    this.is = is;
  }

  run({ now: { candidate, copies } }: Change<Run>): void {
    if (candidate !== null && copies.length > 0) this.announced.add(candidate.id);
  }

  /** Nobody has tested or approved an image that was never current. */
  changed(): void {
    for (const id of this.announced) {
      for (const { name, images } of this.elsewhere()) {
        const copy = images.get(id);
        if (copy === undefined || copy.name?.startsWith(FENCE) === true) continue;
        if (copy.hidden && copy.visibility === "private") continue;
        const entries = this.is.records.recipeStates.all().map((state) => imageOf(state, id));
        if (!this.is.touched(id) && !entries.some((entry) => entry?.promotedAtMs != null))
          this.is.broken("no copy is shown before its image was current", `${id} in ${name}`);
      }
    }
  }

  /** In the end, each zone shows the current image by its name, and hides the earlier ones. */
  end(): void {
    for (const { images: entries, current } of this.is.records.recipeStates.all()) {
      for (const { id, state, pinned } of entries) {
        if ((state !== "current" && state !== "retired") || this.is.touched(id)) continue;
        if (!this.announced.has(id) || pinned !== null) continue;
        const made = this.is.cloud.world.firstZone.images.get(id);
        for (const { name, images } of this.elsewhere()) {
          const copy = images.get(id);
          const isCurrent = id === current;
          // The copy of a current image that somebody has deleted stays as it is.
          if (copy === undefined || (isCurrent && made === undefined)) continue;
          if (copy.hidden === isCurrent || (isCurrent && copy.name !== made?.name))
            this.is.broken("a zone shows the current copy, and no earlier one", `${id} in ${name}`);
        }
      }
    }
  }

  private elsewhere() {
    return this.is.cloud.world.zones.slice(1);
  }

  request(asked: Asked): void {
    if (asked.kind === "close") this.closed(asked.image);
    if (asked.kind !== "copy" && asked.kind !== "fetch" && asked.kind !== "stream") return;
    const { is } = this;
    const { image } = asked;
    if (is.things.byId.get(image)?.by == null)
      is.broken("a copy has the id of an image that a run made", image);
    else if (!this.announced.has(image))
      is.broken("a copy is announced before it is asked for", `${asked.kind} ${image}`);
    if (asked.kind === "stream") this.streamed(image);
    if (asked.kind === "fetch") this.fetched(image);
  }

  private fetched(image: string): void {
    const times = (this.fetches.get(image) ?? 0) + 1;
    this.fetches.set(image, times);
    if (times > MOST_TIMES)
      this.is.broken("the content of a copy is asked for a few times at most", image);
  }

  /** A process that dies, or hears nothing, may have begun once more than the record says. */
  private streamed(image: string): void {
    const { is } = this;
    const by = is.caller?.name ?? null;
    const before = this.sends.get(image) ?? { times: 0, by: null };
    this.sends.set(image, { times: before.times + 1, by });
    if (before.times >= MOST_TIMES)
      is.broken("the content of a copy is sent a few times at most", image);
    const status = this.elsewhere()[0]?.images.get(image)?.status;
    if (status === "saving" && by !== null && by === before.by)
      is.broken("a process sends a content once at a time", `${image} by ${by}`);
  }

  /** So that no late request makes a copy of it. */
  private closed(image: string): void {
    const entries = this.is.records.recipeStates.all().map((state) => imageOf(state, image));
    if (!entries.some((entry) => entry?.state === "deleting" || entry?.state === "gone"))
      this.is.broken("no id is used up in a zone but that of an image that is to go", image);
  }
}
