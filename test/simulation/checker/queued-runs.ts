import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import { saidNotNeeded } from "./less-work.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** A queued start leaves the queue to work, or because it has ended; and the earlier one works first. */
export class QueuedRuns implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const waiting = before?.queuedRuns.map(({ id }) => id) ?? [];
    const { activeRun } = now;
    for (const id of waiting) {
      const isGone = !now.queuedRuns.some((queued) => queued.id === id) && activeRun !== id;
      if (isGone && !this.isOver(id)) this.is.broken("a queued start is never lost", id);
    }
    if (activeRun === null || activeRun === before?.activeRun) return;
    const place = waiting.indexOf(activeRun);
    const earlier = place === -1 ? waiting : waiting.slice(0, place);
    const overtaken = earlier.find((id) => !this.isOver(id));
    if (overtaken !== undefined)
      this.is.broken("queued starts follow in their order", `${activeRun} before ${overtaken}`);
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome === null || before?.outcome !== null || now.queuedAtMs === null) return;
    // A run that waited may find a new image: another rule says when that is enough.
    if (saidNotNeeded(now)) return;
    if (now.outcome === "skipped" || now.outcome === "joined")
      this.is.broken("a queued start is never lost", `${now.id} ${now.outcome}`);
  }

  /**
   * A run leaves the queue right before its record says that it has ended. Beyond the bounds, a worker that has slept may
   * queue a run once more that is at work already.
   */
  private isOver(id: string): boolean {
    const run = this.is.records.run(id);
    if (run == null || run.outcome !== null || run.step === "abandon") return true;
    return !this.is.strict && run.step !== "prepare-source";
  }
}
