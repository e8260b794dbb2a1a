import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../../shared/recipe/duration.ts";

/** Of commands that list. */
export function columnOption(): Option {
  return new Option(
    "-c, --column <name>",
    "show this column only; repeat it for several. For table, value and csv",
  ).argParser((name: string, before: string[] | undefined) => [...(before ?? []), name]);
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError("Write a whole number from 1, for example 20");
  }
  return Number(text);
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A time with a zone, one in the zone of this machine, a day, or the next time that a clock shows `14:00`. */
export function timeMs(text: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours !== undefined) {
    const at = new Date();
    at.setHours(Number(hours), Number(minutes), 0, 0);
    if (at.getTime() <= Date.now()) at.setDate(at.getDate() + 1);
    if (Number(hours) < 24 && Number(minutes) < 60) return at.getTime();
  }
  const [, day, time = "00:00", seconds = ":00", zone = ""] = TIME.exec(text) ?? [];
  // Without a zone, JavaScript takes a day for UTC and a time for local.
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${seconds}${zone}`);
  if (day !== undefined && !isDay(day)) throw new InvalidArgumentError("There is no such day");
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError("Write a time, for example 14:00 or 2026-11-30T14:00Z");
}

/** JavaScript takes 2027-02-30 for the second of March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

export function durationMs(text: string): number {
  const parsed = parseDuration(text);
  if ("problem" in parsed) throw new InvalidArgumentError(`It ${parsed.problem}`);
  return parsed.ms;
}
