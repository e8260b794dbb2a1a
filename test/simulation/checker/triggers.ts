import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

const FORTNIGHT_MS = 14 * 24 * 3_600_000;

/** A trigger seen twice within two weeks starts one run. */
export class Triggers implements Rule {
  private readonly started = new Map<string, { run: string; atMs: number }>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    if (before !== null) return;
    const { installationId, recipeName, trigger } = now;
    const id = [installationId, recipeName, trigger.kind, trigger.id].join("\n");
    const known = this.started.get(id);
    if (known !== undefined && this.is.nowMs < known.atMs + FORTNIGHT_MS && known.run !== now.id)
      this.is.broken("a trigger starts one run", `${trigger.id}: ${known.run} and ${now.id}`);
    this.started.set(id, { run: now.id, atMs: this.is.nowMs });
  }
}
