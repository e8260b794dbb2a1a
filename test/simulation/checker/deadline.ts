import type { Run } from "../../../shared/run/record.ts";
import { TIMING } from "../simulation.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";

/** A worker that stops, or a message that gets lost, is made good by the visibility time-out, or by the next sweeps. */
const MADE_GOOD_MS = 10 * 60_000;

/**
 * Every run is ended by the first sweep at or after deadline + grace, whatever the cloud does. What befalls the
 * workers themselves (they stop, sleep, their store does not answer) puts it off by as much as it takes to heal.
 */
export class Deadline implements Rule {
  /** By run, how many faults had happened at its last commit before its time was over. */
  private readonly faultsBefore = new Map<string, number>();
  private readonly is: Case;
  private readonly faults: () => ReadonlyArray<{ place: string }>;

  constructor(is: Case, faults: () => ReadonlyArray<{ place: string }>) {
    this.is = is;
    this.faults = faults;
  }

  run({ before, now }: Change<Run>): void {
    if (before !== null) this.givesUp(before, now);
    const overAtMs = (before ?? now).deadlineAtMs + TIMING.graceMs;
    if (this.is.nowMs < overAtMs) this.faultsBefore.set(now.id, this.faults().length);
    else if (before?.outcome === null) this.observe(before);
  }

  /** Past its deadline a run that has not promoted does nothing but undo, and see what a create has come to. */
  private givesUp(before: Run, now: Run): void {
    const undoes = before.step === "abandon" || now.step === "abandon" || now.promoted;
    if (undoes || before.intent !== null || now.outcome !== null) return;
    // A check that began before the deadline may end after it.
    if (before.deadlineAtMs < this.is.nowMs && !recently(this.is, before.deadlineAtMs))
      this.is.broken("a run gives up at its deadline", `${now.id} in ${now.step}`);
  }

  swept(): void {
    for (const run of this.is.records.runs.all()) if (run.outcome === null) this.observe(run);
  }

  end(): void {
    for (const { id, outcome, step } of this.is.records.runs.all()) {
      if (outcome === null) this.is.broken("every run ends", `${id} is in ${step}`);
    }
  }

  private observe(run: Run): void {
    const { is } = this;
    const lateMs = is.nowMs - run.deadlineAtMs - TIMING.graceMs;
    const healingMs = is.strict ? MADE_GOOD_MS : 3 * MADE_GOOD_MS;
    if (lateMs <= healingMs) return;
    const recipe = run.id.slice(0, -"-20261123-093012-k3f9q2".length);
    const befell = this.faults()
      .slice(this.faultsBefore.get(run.id) ?? 0)
      .filter(({ place }) => place.startsWith("sweep") || place.startsWith(`R#${recipe} run`));
    if (lateMs > healingMs * (1 + befell.length))
      is.broken(
        "every run is ended by the first sweep after deadline and grace",
        `${run.id} in ${run.step}, ${Math.round(lateMs / 60_000)} min late`,
      );
  }
}
