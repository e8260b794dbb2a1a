export { about, counted, duration } from "../../../shared/spoken.ts";

/** Numbers as people read them; `x` of how long, `clock` of when, in the terminal's time zone. */

const DAY_MS = 24 * 3_600_000;
/** Not from Intl.DateTimeFormat: the first one of a process takes it 10 ms, a tenth of `regild status`. */
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `today 09:30 UTC`, `Sat 01:31 UTC` within a week of now, else `2026-11-15 04:00 UTC`. */
export function clock(time: string, nowMs: number): string {
  const at = new Date(time);
  const hours = `${hoursAndMinutes(time)} ${zone(at)}`;
  const apartDays = Math.round((midnight(at) - midnight(new Date(nowMs))) / DAY_MS);
  if (apartDays === 0) return `today ${hours}`;
  if (Math.abs(apartDays) < 7) {
    return `${WEEKDAYS[at.getDay()]} ${hours}`;
  }
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${hours}`;
}

export function hoursAndMinutes(time: string): string {
  const at = new Date(time);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `UTC`, `UTC+1`, `UTC+5:30`: as of that moment, for summer time. */
function zone(at: Date): string {
  const offset = -at.getTimezoneOffset();
  if (offset === 0) return "UTC";
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `UTC${offset < 0 ? "-" : "+"}${hours}${minutes === 0 ? "" : `:${two(minutes)}`}`;
}

/** For lists: programs get the time as it is in JSON. */
export function clockCell(time: string, nowMs: number): { text: string; value: string } {
  return { text: clock(time, nowMs), value: time };
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** `512.0 MiB of 2.1 GiB sent`. */
export function sentText(sent: { bytes: number; of_bytes: number }): string {
  return `${bytes(sent.bytes)} of ${bytes(sent.of_bytes)} sent`;
}

/** `2.1 GiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
