import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";
import type { Column } from "./sheet.ts";
import { columns as aligned } from "./table.ts";

const GAP = 2;
/** Enough of a name to know it by: its beginning and its end. */
const MIN_NAME = 12;
const MIN_TEXT = 12;
const INDENT = "  ";

/**
 * A table at most so wide, as far as its ids allow: texts are wrapped, names lose their middle, then columns are left out.
 * A last text that has no room even then, as one with ids in it, stands below its row.
 */
export function fitted(columns: readonly Column[], rows: string[][], width: number): string[] {
  const { lines, isTooWide } = sideBySide(columns, rows, width);
  const last = columns.at(-1);
  return isTooWide && columns.length > 1 && last?.give === "text" && last.leave === undefined
    ? withTextBelow(columns, rows, width)
    : aligned(lines.flat());
}

function withTextBelow(columns: readonly Column[], rows: string[][], width: number): string[] {
  const { lines } = sideBySide(columns.slice(0, -1), rows, width);
  const others = aligned(lines.flat());
  return [columns.map(({ name }) => name), ...rows].flatMap((row, index) => {
    const text = row[columns.length - 1] ?? "";
    const below = wrapAnsi(text, Math.max(MIN_TEXT, width - INDENT.length)).split("\n");
    return [
      ...others.splice(0, lines[index]?.length ?? 0),
      ...below.map((line) => `${INDENT}${line}`.trimEnd()),
    ];
  });
}

/** @returns the cells of each row's lines, those of the header first. */
function sideBySide(
  columns: readonly Column[],
  rows: string[][],
  width: number,
): { lines: string[][][]; isTooWide: boolean } {
  const cells = columns.map(({ name }, index) => [name, ...rows.map((row) => row[index] ?? "")]);
  const wide = cells.map((column) => Math.max(...column.map((cell) => stringWidth(cell))));
  const least = columns.map((column, index) =>
    Math.min(wide[index] ?? 0, leastWidth(column, cells[index] ?? [], wide[index] ?? 0)),
  );
  const kept = keptColumns(columns, least, width);
  const widths = shrunk(kept, { columns, wide, least, width });
  const lines = [columns.map(({ name }) => name), ...rows].map((row) => {
    const parts = kept.map((index) =>
      broken(columns[index], row[index] ?? "", widths.get(index) ?? 0),
    );
    const height = Math.max(...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => parts.map((part) => part[line] ?? ""));
  });
  return { lines, isTooWide: total(kept, (each) => widths.get(each) ?? 0) > width };
}

/** Words of a text stay whole: ids may be among them. */
function leastWidth({ give }: Column, cells: string[], wide: number): number {
  if (give === "never") return wide;
  if (give === "name") return MIN_NAME;
  const words = cells.flatMap((cell) => cell.split(" ")).map((word) => stringWidth(word));
  return Math.max(MIN_TEXT, ...words);
}

function keptColumns(columns: readonly Column[], least: number[], width: number): number[] {
  let kept = columns.map((_, index) => index);
  const leaving = kept
    .filter((index) => columns[index]?.leave !== undefined)
    .toSorted((a, b) => (columns[a]?.leave ?? 0) - (columns[b]?.leave ?? 0));
  for (const index of leaving) {
    if (total(kept, (each) => least[each] ?? 0) <= width) break;
    kept = kept.filter((each) => each !== index);
  }
  return kept;
}

/** Texts give way first, as they lose nothing by it; then names. */
function shrunk(
  kept: number[],
  is: { columns: readonly Column[]; wide: number[]; least: number[]; width: number },
): Map<number, number> {
  const widths = new Map(kept.map((index) => [index, is.wide[index] ?? 0]));
  for (const give of ["text", "name"] as const) {
    for (const index of kept.toReversed()) {
      if (is.columns[index]?.give !== give) continue;
      const over = total(kept, (each) => widths.get(each) ?? 0) - is.width;
      if (over <= 0) return widths;
      widths.set(index, Math.max(is.least[index] ?? 0, (widths.get(index) ?? 0) - over));
    }
  }
  return widths;
}

function total(kept: number[], widthOf: (index: number) => number): number {
  return kept.reduce((sum, index) => sum + widthOf(index) + GAP, -GAP);
}

function broken(column: Column | undefined, cell: string, width: number): string[] {
  if (stringWidth(cell) <= width) return [cell];
  return column?.give === "name" ? [withoutMiddle(cell, width)] : wrapAnsi(cell, width).split("\n");
}

/** `golden-web-…-k3f9q2` */
function withoutMiddle(name: string, width: number): string {
  const letters = [...new Intl.Segmenter().segment(name)].map(({ segment }) => segment);
  const room = width - 1;
  const start = taken(letters, Math.ceil(room / 2));
  const end = taken(letters.toReversed(), room - stringWidth(start.join("")));
  return `${start.join("")}…${end.toReversed().join("")}`;
}

function taken(letters: string[], width: number): string[] {
  const kept: string[] = [];
  for (const letter of letters) {
    if (stringWidth(kept.join("") + letter) > width) break;
    kept.push(letter);
  }
  return kept;
}
