/** Wider lines are hard to follow to their right end. */
const MAX_WIDTH = 96;

/** Cut to the terminal, never wrapped; what stands at the right stays in sight. */
export function textLine(left: string, right: string, width: number): string {
  const wide = Math.min(width, MAX_WIDTH);
  const room = right === "" ? wide : wide - right.length - 2;
  if (right === "" || room < 0) return cut(left, wide);
  return `${cut(left, room).padEnd(room)}  ${right}`;
}

const GRAPHEMES = new Intl.Segmenter();

function cut(text: string, width: number): string {
  const characters = Array.from(GRAPHEMES.segment(printable(text)), ({ segment }) => segment);
  if (characters.length <= width) return characters.join("");
  return width < 1 ? "" : `${characters.slice(0, width - 1).join("")}…`;
}

/** Clouds may put anything into a name or a message: no control character reaches the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

/** The parts that say something, two blanks apart. */
export function spaced(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}
