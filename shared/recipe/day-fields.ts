import type { Rule } from "./rule.ts";
import type { MergedFields } from "./complete.ts";
import { startsWithin } from "./schedule.ts";

const YEAR_MS = 365 * 24 * 3_600_000;
const MOST_COUNTED = 1000;

/**
 * Warns of a pattern with both day fields. As crontab(5) has it, cron starts such a job when either field matches, so
 * `0 3 1-7 * SUN` is not the first Sunday.
 */
export function dayFieldsRule(nowMs: number): Rule {
  return {
    fields: [["schedule"], ["timezone"]],
    isWarning: true,
    problemIn({ schedule = [], timezone }) {
      const warnings = schedule
        .filter(({ cron }) => hasBothDayFields(cron))
        .map((entry) => warningOf(entry.cron, entry.timezone ?? timezone, nowMs));
      return warnings.length === 0 ? null : warnings.join(". ");
    },
  };
}

type ScheduleEntry = NonNullable<MergedFields["schedule"]>[number];

function warningOf(cron: ScheduleEntry["cron"], timezone: string, nowMs: number): string {
  const [minute, hour, day = "", month, weekday = ""] = fieldsOf(cron);
  const { length: starts } = startsWithin({ cron, timezone }, nowMs, nowMs + YEAR_MS, MOST_COUNTED);
  const count = starts === MOST_COUNTED ? `${MOST_COUNTED} or more` : String(starts);
  const week = weekOf(day);
  const remedy = isOneWeekday(weekday)
    ? `For the ${ORDINALS[week - 1]} ${weekday} of a month write "${minute} ${hour} * ${month} ${weekday}#${week}"`
    : "Write * in one of the two day fields";
  return `"${cron}" starts a run on each day ${day} of the month and also on each weekday ${weekday}: ${count} starts in the next year. ${remedy}`;
}

const ORDINALS = ["first", "second", "third", "fourth"];
const WEEKS = ["1-7", "8-14", "15-21", "22-28"];

/** Which week of a month a range such as 8-14 is; the first for all else. */
function weekOf(days: string): number {
  return WEEKS.indexOf(days) + 1 || 1;
}

function isOneWeekday(field: string): boolean {
  return /^(?:[0-7]|[a-z]{3})$/i.test(field);
}

function hasBothDayFields(cron: string): boolean {
  const [, , day, , weekday] = fieldsOf(cron);
  return ![day, weekday].some((field) => field === "*" || field === "?");
}

function fieldsOf(cron: string): string[] {
  return cron.trim().split(/\s+/);
}
