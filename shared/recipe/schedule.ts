import { Cron } from "croner";
import type { Schedule } from "./recipe.ts";

/**
 * Five fields, as in crontab. A job at fixed times (no `*` or step in minute and hour) whose time is
 * skipped when clocks go forward runs right after the gap, and once when an hour is repeated.
 */
const RULES = { mode: "5-part", fixedTimeRule: "no-wildcard" } as const;

interface Known {
  cron: Cron;
  /** Answers so far, newest first: from `afterMs` until `startMs` the next start is `startMs`. */
  starts: Array<{ afterMs: number; startMs: number }>;
}
const known = new WeakMap<Schedule, Known>();
/** A list asks of each recipe for the next start, and for the first one since the last image. */
const ANSWERS_KEPT = 2;

/** Read once for each entry of a recipe, since five hundred recipes are listed again and again. */
function knownOf(schedule: Schedule): Known {
  const already = known.get(schedule);
  if (already !== undefined) return already;
  const { cron, timezone } = schedule;
  const made = { cron: new Cron(cron, { ...RULES, timezone, paused: true }), starts: [] };
  known.set(schedule, made);
  return made;
}

function nextStart(schedule: Schedule, afterMs: number): number | null {
  const { cron, starts } = knownOf(schedule);
  const answer = starts.find((is) => is.afterMs <= afterMs && afterMs < is.startMs);
  if (answer !== undefined) return answer.startMs;
  const startMs = cron.nextRun(new Date(afterMs))?.getTime() ?? null;
  if (startMs !== null) {
    starts.unshift({ afterMs, startMs });
    starts.splice(ANSWERS_KEPT);
  }
  return startMs;
}

/** The earliest start strictly after `afterMs`; null where nothing is scheduled. */
export function nextRun(schedules: readonly Schedule[], afterMs: number): number | null {
  const starts = schedules.flatMap((schedule) => nextStart(schedule, afterMs) ?? []);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** The starts of a schedule strictly after `afterMs`, as far as `untilMs`; the first `most` of them. */
export function startsWithin(
  schedule: Schedule,
  afterMs: number,
  untilMs: number,
  most: number,
): number[] {
  const starts = knownOf(schedule).cron.nextRuns(most, new Date(afterMs));
  return starts.map((start) => start.getTime()).filter((startMs) => startMs <= untilMs);
}

/** Continues a sentence that begins with the pattern; null: it is good. */
export function cronProblem(pattern: string): string | null {
  const example = 'for example "30 2 * * *" for 02:30 every day';
  const fields = pattern.trim().split(/\s+/).length;
  if (fields !== 5) {
    return `is not five fields (minute hour day month weekday). Write ${example}`;
  }
  try {
    // Any leap year is near enough to find the 29th of February; the 30th is never found.
    const next = nextRun([{ cron: pattern, timezone: "UTC" }], Date.UTC(2000, 0));
    return next === null ? `names a day that never comes. Write ${example}` : null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "";
    return `is not a cron pattern: ${reason.replace(/\.$/, "")}. Write ${example}`;
  }
}
