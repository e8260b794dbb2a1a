import type { Run, TimelineEvent } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** Beyond so many events the oldest checks may be left out. */
const FULL = 200;

/** Each act is one step forward, or is done again because an answer was lost. */
const OFTEN = 12;

/**
 * A run's history is in the order of its versions: it grows at its end, and what was told stays told. No run does the same
 * again and again.
 */
export class Timeline implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    const often = commonAct(now);
    if (often !== null)
      this.is.broken("a run does not do the same again and again", `${now.id}: ${often}`);
    if (before === null) return;
    const lost = firstLost(before.timeline, now.timeline);
    if (lost !== null)
      this.is.broken("a timeline keeps what was told, in its order", `${now.id}: ${lost.text}`);
  }
}

function commonAct({ timeline }: Run): string | null {
  const times = new Map<string, number>();
  for (const { kind, step, text, count } of timeline) {
    if (kind !== "act") continue;
    const act = `${step}: ${text}`;
    const before = times.get(act) ?? 0;
    times.set(act, before + count);
    if (before + count > OFTEN) return act;
  }
  return null;
}

function firstLost(before: TimelineEvent[], now: TimelineEvent[]): TimelineEvent | null {
  const mayShorten = now.length >= FULL;
  let at = 0;
  for (const [index, event] of before.entries()) {
    const mayCount = index === before.length - 1;
    if (isSame(event, now[at], mayCount)) {
      at++;
      continue;
    }
    const mayGo = mayShorten && (event.kind === "observation" || event.kind === "transient");
    if (!mayGo) return event;
  }
  return null;
}

/** @param mayCount a check that was the last one may have been seen once more. */
function isSame(a: TimelineEvent, b: TimelineEvent | undefined, mayCount: boolean): boolean {
  return (
    b !== undefined &&
    a.atMs === b.atMs &&
    a.kind === b.kind &&
    a.step === b.step &&
    a.text === b.text &&
    (mayCount ? a.count <= b.count : a.count === b.count && a.calls.length === b.calls.length)
  );
}
