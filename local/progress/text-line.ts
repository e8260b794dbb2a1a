import stringWidth from "fast-string-width";
import { steerless } from "../../shared/plain-text.ts";

/** Farther away, what stands at the right would no longer be read as of the same line. */
const MAX_RIGHT_END = 96;

/** Cut to the terminal, never wrapped; what stands at the right stays in sight. */
export function textLine(left: string, right: string, width: number): string {
  const room = Math.min(width, MAX_RIGHT_END) - right.length - 2;
  if (right === "" || room < 0) return cut(left, width);
  const text = cut(left, room);
  return `${text}${" ".repeat(room - stringWidth(text))}  ${right}`;
}

/** Clouds may put anything into a name or a message: no control character reaches the terminal. */
export function printable(text: string): string {
  return steerless(text.replaceAll(/\p{Cc}+/gu, " "));
}

/** The parts that say something, two blanks apart. */
export function spaced(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}

function cut(text: string, width: number): string {
  const whole = printable(text);
  if (stringWidth(whole) <= width) return whole;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(whole)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return width < 1 ? "" : `${kept}…`;
}
