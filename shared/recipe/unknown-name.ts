import { closest } from "./did-you-mean.ts";

/** The problem of a recipe that names what the file does not define. @param names those that the file defines. */
export function unknownName(
  name: string,
  names: readonly string[],
  { kind, file, example }: { kind: string; file: string; example: string },
): string {
  const meant = closest(name, names);
  if (meant !== null) return `${name} is no ${kind} of ${file}. Did you mean ${meant}?`;
  const known = names.length === 0 ? "" : `, which has ${names.join(", ")}`;
  return `${name} is no ${kind} of ${file}${known}. Write it there: ${example}`;
}
