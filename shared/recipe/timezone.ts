import { closest } from "./did-you-mean.ts";

/** Continues a sentence that begins with the name; null: Intl knows the zone. Offsets such as `+02:00` know no summer time. */
export function timezoneProblem(name: string): string | null {
  if (isTimezone(name)) return null;
  const meant = closest(name, Intl.supportedValuesOf("timeZone"));
  const remedy =
    meant === null ? "Write UTC or, for example, Europe/Berlin" : `Did you mean ${meant}?`;
  return `is not a time zone. ${remedy}`;
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
