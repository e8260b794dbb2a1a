import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

const MAKING = ["create-image", "check-status", "restore-source"];

/** Where recipes say how many runs may upload at a time, no more do. */
export class Room implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    const most = now.recipe.maxParallel;
    if (most === null || isMaking(before) || !isMaking(now)) return;
    const making = this.is.records.runs
      .all()
      .filter((run) => run.recipe.maxParallel !== null && isMaking(run));
    if (making.length > most)
      this.is.broken(
        "no more runs upload at a time than max_parallel",
        making.map(({ id }) => id).join(", "),
      );
  }
}

function isMaking(run: Run | null): boolean {
  return run !== null && run.outcome === null && MAKING.includes(run.step);
}
