import { closest } from "../../../shared/recipe/did-you-mean.ts";
import { usageError } from "../command-error.ts";
import { fitted } from "./fitted.ts";

/** How a column gives way where the terminal is too narrow. Ids are never cut. */
export type Give = "never" | "name" | "text";

export interface Column {
  name: string;
  give: Give;
  /** Left out before columns with a higher number, if giving way is not enough; absent: never left out. */
  leave?: number;
}

/** Text for people; `value` for programs where that differs, as with times. */
export type Cell = string | { text: string; value: string };

/** The rows of a list, for every format that has columns. */
export interface Sheet {
  columns: Column[];
  rows: Cell[][];
}

export function sheetText({ columns, rows }: Sheet, width: number): string[] {
  return fitted(
    columns,
    rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : cell.text))),
    width,
  );
}

export function sheetValues({ rows }: Sheet): string[][] {
  return rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : cell.value)));
}

/** The columns named, in the order they are named; `last run`, `last_run` and `LAST RUN` are one. @throws CommandError */
export function chosen(sheet: Sheet, names: readonly string[]): Sheet {
  if (names.length === 0) return sheet;
  const plain = (name: string): string => name.toUpperCase().replaceAll(/[-_ ]+/g, " ");
  const known = sheet.columns.map(({ name }) => name);
  const indexes = names.map((name) => {
    const index = known.indexOf(plain(name));
    if (index >= 0) return index;
    const meant = closest(name, known);
    const remedy = `The columns are: ${known.join(", ")}`;
    throw usageError(
      `No column is named ${name}`,
      meant === null ? remedy : `Did you mean ${meant}? ${remedy}`,
    );
  });
  const pick = <Item>(items: readonly Item[]): Item[] =>
    indexes.flatMap((index) => items[index] ?? []);
  return { columns: pick(sheet.columns), rows: sheet.rows.map(pick) };
}
