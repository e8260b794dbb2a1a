import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

const AFTER_SYNC = ["test-boot", "promote-image", "retire-images", "clean-up-snapshots"];
const MAKING = ["create-image", "check-status", "restore-source"];

/** Where recipes say how many runs may upload at a time, no more do, and a run that has uploaded holds no place. */
export class Room implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    if (now.hasRoom && now.outcome === null && AFTER_SYNC.includes(now.step))
      this.is.broken("no run that has left validate-sync holds a place", `${now.id}: ${now.step}`);
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
