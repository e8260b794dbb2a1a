import { MAX_TEXT } from "./bounds.ts";

/**
 * C0 and C1 controls (terminal escapes begin with one), separators that break lines, and marks that reorder text on
 * the screen. Source: Unicode, "Bidirectional formatting characters" (UAX #9, section 2).
 */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const BLANKS = /[\t\n\r\u0085\u2028\u2029]+/gu;
const SURE_TO_HOLD = 4;

/** One line without characters that steer a terminal or reorder text. */
export function steerless(text: string): string {
  return text.replace(BLANKS, " ").replace(STEERING, "\uFFFD").toWellFormed();
}

/** A text from a cloud as it may enter a record, a message or a log line: one harmless line, cut to `max` characters. */
export function cloudWords(text: string, max = MAX_TEXT): string {
  // Cut first: a text of megabytes is not worth reading to its end.
  const line = steerless(text.slice(0, max * SURE_TO_HOLD)).replace(/ {2,}/g, " ");
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`;
}

/** A person's reason is part of a record, and of every list that shows it. */
const LONGEST_REASON = 400;

export function reasonOf<Reason extends string | null>(text: Reason): Reason | string {
  return text === null ? text : cloudWords(text, LONGEST_REASON);
}
