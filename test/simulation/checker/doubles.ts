import type { Case, Rule } from "./rule.ts";
import { TEST, type Thing } from "./things.ts";

/** Within the bounds no create doubles: of one attempt of a run there is never a second image, snapshot or volume. */
export class Doubles implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  born(thing: Thing): void {
    const { by, kind, name } = thing;
    if (!thing.isFence) this.onceForGood(thing);
    // A server has several volumes, and a try that fails half-way leaves snapshots of some.
    if (!this.is.strict || thing.isFence || by === null || by.run === null || name !== by.name)
      return;
    // A test server has several volumes as well.
    if (kind === "volume" && name.startsWith(TEST)) return;
    for (const other of this.is.things.ours()) {
      const isTwin =
        other !== thing &&
        !other.isFence &&
        other.kind === kind &&
        other.name === other.by?.name &&
        other.by.run === by.run &&
        other.by.attempt === by.attempt &&
        !this.isOfAnotherDisk(other, thing);
      if (isTwin)
        this.is.broken("within bounds, nothing is made twice", `${other.name} and ${name}`);
    }
  }

  /** A run makes one image of each data disk. */
  private isOfAnotherDisk(one: Thing, other: Thing): boolean {
    const run = this.is.records.run(one.by?.run ?? "");
    if (one.kind !== "image" || run?.recipe.capture !== "data_disks") return false;
    return one.name.split("-").at(-1) !== other.name.split("-").at(-1);
  }

  /** On a cloud that keeps the ids that creates ask for, also beyond the bounds, and also when the first one is gone. */
  private onceForGood({ id, by, kind }: Thing): void {
    const { is } = this;
    if (kind !== "image" || by?.imageId == null || is.cloud.settings.chosenImageIds !== "kept")
      return;
    // A user's volume has lost the id when an upload comes that is late beyond the bounds.
    const run = is.records.runs.all().find((one) => one.id === by.run);
    if (!is.strict && run?.recipe.capture === "volume") return;
    const isUpload = run?.recipe.capture !== "server";
    for (const other of is.things.byId.values()) {
      // Two uploads were not answered by a cloud that was not known yet, so a third went without the id.
      const isByName = !is.strict && isUpload && other.by?.imageId === null;
      const isOfSameAttempt =
        !isByName &&
        other.kind === "image" &&
        !other.isFence &&
        other.id !== id &&
        // One that vanished before a worker saw it has used its id up, and the next one is no double.
        (is.strict || other.diedAtMs === null) &&
        other.by?.run === by.run &&
        other.by.attempt === by.attempt;
      if (isOfSameAttempt)
        is.broken("where ids are kept, no attempt ever makes two images", `${other.id} and ${id}`);
    }
  }
}
