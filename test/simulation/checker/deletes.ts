import type { Asked } from "./asked.ts";
import type { Case, Rule } from "./rule.ts";

type Delete = Extract<Asked, { kind: "delete" }>;

/** Nothing is deleted but what this program has made, and what its inventory has given up; and none that others need. */
export class Deletes implements Rule {
  /** By token, which no two processes share: when each thing, and each kind of thing, was last asked for. */
  private readonly observations = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind === "observation")
      this.observations.set(`${asked.token} ${asked.id}`, this.is.nowMs);
    if (asked.kind === "list")
      this.observations.set(`${asked.token} ${asked.of} ${asked.zone}`, this.is.nowMs);
    if (asked.kind !== "delete") return;
    const thing = this.is.things.byId.get(asked.id);
    if (thing === undefined || thing.diedAtMs !== null) return;
    if (thing.by === null && !this.isAdopted(asked.id))
      this.is.broken("only what this program has made is deleted", `${thing.name} ${thing.id}`);
    if (thing.isFence) return;
    if (asked.of === "image") this.image(asked);
    else this.resource(asked);
  }

  /** A person has taken it, or the image that it belongs to, into a recipe's line. */
  private isAdopted(id: string): boolean {
    return this.recipeStates().some(({ images, resources }) => {
      const imageId = resources.find((resource) => resource.id === id)?.imageId ?? id;
      return images.some((image) => image.id === imageId && image.adopted !== null);
    });
  }

  private image(asked: Delete): void {
    const { is } = this;
    const state = this.recipeStates().flatMap(({ images, resources }) =>
      [...images, ...resources].filter(({ id }) => id === asked.id),
    )[0]?.state;
    if (state !== "deleting")
      is.broken(
        "only images marked for deletion are deleted",
        `${asked.id} is ${state ?? "unknown"}`,
      );
    const image = is.cloud.world.firstZone.images.get(asked.id);
    if (image?.protected === true && this.observed(asked, asked.id) && !this.changedSince(asked))
      is.broken("no protected image is deleted", asked.id);
  }

  private resource(asked: Delete): void {
    const { is } = this;
    const resource = this.recipeStates().flatMap((h) =>
      h.resources.filter((p) => p.id === asked.id),
    )[0];
    if (resource?.state !== "deleting")
      is.broken(
        "only resources marked for deletion are deleted",
        `${asked.id} is ${resource?.state ?? "unknown"}`,
      );
    const { world } = is.cloud;
    if (asked.of === "backup") return;
    if (asked.of === "volume") {
      const attached = world.volumes.get(asked.id)?.attachments.length ?? 0;
      if (attached > 0 && !this.changedSince(asked))
        is.broken("no attached volume is deleted", asked.id);
      return;
    }
    for (const zone of world.zones) {
      for (const { id, properties } of zone.images.values()) {
        if (!(properties["block_device_mapping"] ?? "").includes(asked.id)) continue;
        if (this.wasListed(asked, "image", id, zone.name))
          is.broken("no snapshot is deleted that an image names", `${asked.id}, by ${id}`);
      }
    }
    for (const { id, snapshotId, status } of world.volumes.values()) {
      if (snapshotId !== asked.id || status === "deleting") continue;
      if (this.wasListed(asked, "volume", id, ""))
        is.broken("no snapshot is deleted that a volume hangs on", `${asked.id}, by ${id}`);
    }
  }

  /** Whether a complete list of this invocation shows it: it was there when the list began, or there was no list. */
  private wasListed({ token }: Delete, of: string, id: string, zone: string): boolean {
    const listedAtMs = this.observations.get(`${token} ${of} ${zone}`) ?? this.is.nowMs;
    const { bornAtMs } = this.is.things.byId.get(id) ?? { bornAtMs: 0 };
    // Only lists of images lag here; what they do not show yet, nobody can heed.
    const lagMs = of === "image" ? this.is.cloud.settings.listLagSeconds * 1000 : 0;
    return bornAtMs + lagMs < listedAtMs && !this.is.touched(id, listedAtMs);
  }

  private observed({ token }: Delete, id: string): boolean {
    return this.observations.has(`${token} ${id}`);
  }

  /** Somebody has changed it after this invocation had looked: a check and a DELETE are two calls. */
  private changedSince({ token, id }: Delete): boolean {
    return this.is.touched(id, this.observations.get(`${token} ${id}`) ?? 0);
  }

  private recipeStates() {
    return this.is.records.recipeStates.all();
  }
}
