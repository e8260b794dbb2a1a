import type { Callback } from "../../../shared/run/callback.ts";
import { callbackKey, callbacksOf } from "../../../shared/run/callback-key.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Telling } from "../told.ts";
import type { Case, Rule } from "./rule.ts";

/** The end of each run is told to whoever it is reported to, or visibly given up; and no other end is. */
export class Callbacks implements Rule {
  /** `run to` whose end was taken. */
  private readonly ends = new Set<string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  told({ to, run: id, outcomes }: Telling): void {
    if (outcomes.length === 0) return;
    this.ends.add(`${id} ${to}`);
    const run = this.is.records.run(id);
    const outcome = run === null ? null : this.endOf(run).outcome;
    if (outcome === null || !outcomes.includes(outcome))
      this.is.broken(
        "the end that is told is how the run ended",
        `${id} to ${to}: ${outcomes.join()}, not ${outcome}`,
      );
  }

  end(): void {
    for (const run of this.is.records.runs.all()) {
      if (this.endOf(run).outcome === null) continue;
      for (const { kind, to } of callbacksOf(run.recipe)) this.check(run, kind, to);
    }
  }

  private check({ id }: Run, kind: Callback["kind"], to: string): void {
    const item = this.is.records.item(callbackKey(id, kind));
    const callback: Callback | null = item === null ? null : JSON.parse(item.doc);
    const isGivenUp = (callback?.failure ?? null) !== null;
    if ((callback?.doneAtMs ?? null) === null || (!isGivenUp && !this.ends.has(`${id} ${to}`)))
      this.is.broken("the end of each run is told, or given up", `${id} to ${to}`);
  }

  /** The run, or the one that it joined. */
  private endOf(run: Run): Run {
    return run.joinedRunId === null ? run : (this.is.records.run(run.joinedRunId) ?? run);
  }
}
