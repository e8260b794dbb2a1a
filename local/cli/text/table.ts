import stringWidth from "fast-string-width";

/** Columns as wide as their widest cell, two spaces apart; nothing is cut off. */
export function table(header: string[], rows: string[][]): string[] {
  return columns([header, ...rows]);
}

export function columns(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, stringWidth(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - stringWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
}
