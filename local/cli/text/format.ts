/** Numbers as people read them; `x` of how long, `clock` of when, in the terminal's time zone. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `41 s`, `9 min 12 s`, `2 h 5 min`, `8 d 3 h`. */
export function duration(totalSeconds: number): string {
  const seconds = Math.round(totalSeconds);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return twoUnits(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, "h", minutes % 60, "min");
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** In one unit: `20 s`, `3 min`, `2 h`, `8 d`. */
export function about(totalSeconds: number): string {
  const ms = totalSeconds * 1000;
  if (ms < MINUTE_MS) return `${Math.round(totalSeconds)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}

/** `today 09:30 UTC`, `Sat 01:31 UTC` within a week of now, else `2026-11-15 04:00 UTC`. */
export function clock(time: string, nowMs: number): string {
  const at = new Date(time);
  const hours = `${hoursAndMinutes(time)} ${zone(at)}`;
  const apartDays = Math.round((midnight(at) - midnight(new Date(nowMs))) / DAY_MS);
  if (apartDays === 0) return `today ${hours}`;
  if (Math.abs(apartDays) < 7) {
    return `${at.toLocaleDateString("en", { weekday: "short" })} ${hours}`;
  }
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${hours}`;
}

export function hoursAndMinutes(time: string): string {
  const at = new Date(time);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `UTC`, `GMT+1`: as of that day, for summer time. */
function zone(at: Date): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
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

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
