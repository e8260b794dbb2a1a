import { stripVTControlCharacters } from "node:util";
import { cloudWords } from "../plain-text.ts";

/** A pattern that takes exponential time must not have a whole console for it. */
const LONGEST_LINE = 1_000;
const TAIL_CHARACTERS = 600;

/** @returns the last line that the pattern matches; null: none, or there is no pattern. */
export function matchedLine(console: string, pattern: string | null): string | null {
  if (pattern === null) return null;
  const regular = new RegExp(pattern, "u");
  return linesOf(console).findLast((line) => regular.test(line)) ?? null;
}

/** For people who have to find out why it does not boot. */
export function tailOf(console: string): string {
  const end = linesOf(console)
    .filter((line) => line.trim() !== "")
    .slice(-8)
    .join(" | ")
    .slice(-TAIL_CHARACTERS);
  return cloudWords(end, TAIL_CHARACTERS);
}

/** Without colours and other commands to a terminal, which systemd and boot loaders print. */
function linesOf(console: string): string[] {
  return stripVTControlCharacters(console)
    .split(/[\r\n]+/)
    .map((line) => line.slice(0, LONGEST_LINE));
}
