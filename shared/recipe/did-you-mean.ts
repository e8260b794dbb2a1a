import { closestMatch } from "leven";

/** The candidate that a mistyped word most likely means, or null: a third of its letters may be wrong. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  const target = plain(word);
  const maxDistance = Math.max(1, Math.floor(target.length / 3));
  const match = closestMatch(target, candidates.map(plain), { maxDistance });
  return candidates.find((candidate) => plain(candidate) === match) ?? null;
}
