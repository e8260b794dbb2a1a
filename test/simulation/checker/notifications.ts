import { messageKey, type Message } from "../../../shared/notification/message.ts";
import { notificationStateKey } from "../../../shared/notification/state-key.ts";
import type { Run } from "../../../shared/run/record.ts";
import { PEOPLE } from "../people.ts";
import type { Telling } from "../told.ts";
import type { Case, Rule } from "./rule.ts";

const DAY_MS = 24 * 3_600_000;

/** Each end of a run that its recipe tells people of reaches them within a day, or is visibly given up; and no other end. */
export class Notifications implements Rule {
  /** When a receiver first took the news of a run's end. */
  private readonly heardAtMs = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  told({ to, run, outcomes }: Telling): void {
    if (to !== PEOPLE || outcomes.length === 0) return;
    if (!this.heardAtMs.has(run)) this.heardAtMs.set(run, this.is.nowMs);
    const actor = this.is.caller?.actor ?? "";
    if (!actor.startsWith(`N#${PEOPLE} `))
      this.is.broken("people are told by a queue of their own", `${run} by ${actor}`);
  }

  end(): void {
    for (const run of this.is.records.runs.all()) {
      const asked = run.recipe.notifications.length > 0;
      if (asked && (run.outcome === "failed" || run.outcome === "succeeded")) this.check(run);
    }
  }

  private check(run: Run): void {
    if (this.is.records.item(notificationStateKey(run.recipeName)) === null) return;
    const heardAtMs = this.heardAtMs.get(run.id);
    const givenUp = this.messagesOn(run).filter(({ failure }) => failure !== null);
    const isGivenUp = givenUp.length > 0;
    if (givenUp.some(({ doneAtMs, triedAtMs }) => (doneAtMs ?? 0) - (triedAtMs ?? 0) < DAY_MS))
      this.is.broken("news is given up after a day of trying", run.id);
    if (heardAtMs === undefined && !isGivenUp)
      this.is.broken("people hear of each end, or it is given up", `${run.id}: ${run.outcome}`);
    if (heardAtMs !== undefined && heardAtMs - (run.endedAtMs ?? 0) > DAY_MS)
      this.is.broken("people hear of an end within a day", run.id);
  }

  private messagesOn(run: Run): Message[] {
    const found: Message[] = [];
    for (const event of ["failed", "recovered", "promoted"]) {
      const item = this.is.records.item(messageKey(PEOPLE, run.recipeName, `${event}#${run.id}`));
      const message: Message | null = item === null ? null : JSON.parse(item.doc);
      if (message !== null) found.push(message);
    }
    return found;
  }
}
