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

/** Tells what is over its limit, and lets the process fail by it. */
export function failOver(bounds: readonly Bound[]): void {
  const broken = bounds.filter(({ measured, atMost }) => measured > atMost);
  for (const { what, measured, atMost } of broken) {
    console.error(`${what}: ${measured.toFixed(2)} is over ${atMost}`);
  }
  process.exitCode = broken.length === 0 ? 0 : 1;
}
