import { Coverage } from "./coverage.ts";
import type { Tally } from "./tally.ts";

/** So many seeds reach every function with every fault that it can meet. */
const ENOUGH_FOR_COVERAGE = 20_000;

/** Prints what the seeds came to. @returns whether it is what it should be. */
export function report(tally: Tally, seconds: number): boolean {
  const coverage = new Coverage();
  coverage.merge(tally.coverage);
  print("outcomes", tally.outcomes);
  print("happened", tally.happened);
  const blank = printCoverage(coverage);
  const { seeds, runs, broken, unsteady } = tally;
  console.log(
    `${seeds} seeds, ${runs} runs, ${(runs / seconds).toFixed(0)} runs a second, ${broken.length} seeds with violations`,
  );
  if (unsteady.length > 0) console.log(`${unsteady.length} seeds told two histories`);
  const isBlank = blank.length > 0 && seeds >= ENOUGH_FOR_COVERAGE;
  if (isBlank) console.log(`possible, and never met: ${blank.join(", ")}`);
  return broken.length === 0 && unsteady.length === 0 && !isBlank;
}

/** A row per fault, a column per function. @returns the pairs that are possible and never met. */
function printCoverage(coverage: Coverage): string[] {
  const { roles, labels, cells } = coverage.table();
  const width = Math.max(...labels.map((label) => label.length));
  const blank: string[] = [];
  console.log(`\n${" ".repeat(width)}  ${roles.map((role) => short(role)).join("")}`);
  for (const [column, label] of labels.entries()) {
    const counts = roles.map((role, row) => {
      const count = cells[row]?.[column] ?? null;
      if (count === 0) blank.push(`${role} × ${label}`);
      return short(count === null ? "·" : String(count));
    });
    console.log(`${label.padEnd(width)}  ${counts.join("")}`);
  }
  console.log("· cannot happen there: no such call is made\n");
  return blank;
}

/** Eight characters wide. */
function short(text: string): string {
  return text
    .replace(/^(\w+)-(\w+).*$/, "$1-$2")
    .slice(0, 7)
    .padStart(8);
}

function print(title: string, counts: Map<string, number>): void {
  const rows = [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([what, count]) => `${what} ${count}`);
  console.log(`${title}: ${rows.join(", ")}`);
}
