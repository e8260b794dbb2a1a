import { columns } from "../local/cli/text/table.ts";

/** A measured number that must not pass its limit. */
export interface Bound {
  what: string;
  measured: number;
  atMost: number;
}

/** A heading and rows of text, the columns below one another. */
export function print(heading: string, rows: string[][]): void {
  console.log(`\n${heading}`);
  for (const line of columns(rows)) console.log(`  ${line}`);
}
