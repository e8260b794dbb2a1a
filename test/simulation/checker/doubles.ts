import type { Case, Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** Within the bounds no create doubles: of one attempt of a run there is never a second image, snapshot or volume. */
export class Doubles implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  born(thing: Thing): void {
    const { by, kind, name } = thing;
    // A server has several volumes, and a try that fails half-way leaves snapshots of some.
    if (!this.is.strict || by === null || by.run === null || name !== by.name) return;
    for (const other of this.is.things.ours()) {
      const isTwin =
        other !== thing &&
        other.kind === kind &&
        other.name === other.by?.name &&
        other.by.run === by.run &&
        other.by.attempt === by.attempt;
      if (isTwin)
        this.is.broken("within bounds, nothing is made twice", `${other.name} and ${name}`);
    }
  }
}
