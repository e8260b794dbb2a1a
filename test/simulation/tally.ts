import { createHash } from "node:crypto";
import { Coverage } from "./coverage.ts";
import { labelOf } from "./faults.ts";
import { runSeed, type SeedOptions } from "./seed.ts";

/** What some seeds came to: plain data, so that threads can hand it on. */
export interface Tally {
  seeds: number;
  runs: number;
  outcomes: Map<string, number>;
  happened: Map<string, number>;
  coverage: ReturnType<Coverage["counts"]>;
  broken: Array<{ seed: string; rules: string[]; first: string }>;
  /** Seeds that told another history the second time. */
  unsteady: string[];
}

/** Every so-manieth seed is run twice, and the traces are compared. */
const TWICE = 100;

export async function tallySeeds(seeds: string[], options: SeedOptions): Promise<Tally> {
  const coverage = new Coverage();
  const tally: Omit<Tally, "coverage"> = {
    seeds: 0,
    runs: 0,
    outcomes: new Map(),
    happened: new Map(),
    broken: [],
    unsteady: [],
  };
  for (const seed of seeds) {
    const result = await runSeed(seed, options);
    tally.seeds++;
    tally.runs += result.runs.length;
    coverage.merge(result.coverage.counts());
    for (const { place, fault } of result.faults)
      add(tally.happened, fault.kind === "happens" ? withoutNumbers(place) : labelOf(fault), 1);
    for (const { failure, outcome } of result.runs)
      add(tally.outcomes, failure?.code ?? outcome ?? "not ended", 1);
    const [first] = result.violations;
    if (first !== undefined) {
      const rules = [...new Set(result.violations.map((v) => v.rule))];
      tally.broken.push({ seed, rules, first: first.what });
    }
    if (
      Number(seed) % TWICE === 0 &&
      (await historyOf(seed, options)) !== (await historyOf(seed, options))
    )
      tally.unsteady.push(seed);
  }
  return { ...tally, coverage: coverage.counts() };
}

async function historyOf(seed: string, options: SeedOptions): Promise<string> {
  const { trace } = await runSeed(seed, { ...options, keepTrace: true });
  return createHash("sha256").update(trace).digest("hex");
}

/** `trigger web 2 again` and `trigger db 1 again` are of one kind. */
function withoutNumbers(place: string): string {
  return place.replace(/^trigger \S+/, "trigger").replaceAll(/ \d+/g, "");
}

export function addTally(to: Tally, more: Tally): Tally {
  const coverage = new Coverage();
  coverage.merge(to.coverage);
  coverage.merge(more.coverage);
  for (const [what, count] of more.outcomes) add(to.outcomes, what, count);
  for (const [what, count] of more.happened) add(to.happened, what, count);
  return {
    seeds: to.seeds + more.seeds,
    runs: to.runs + more.runs,
    outcomes: to.outcomes,
    happened: to.happened,
    coverage: coverage.counts(),
    broken: [...to.broken, ...more.broken],
    unsteady: [...to.unsteady, ...more.unsteady],
  };
}

function add(counts: Map<string, number>, what: string, count: number): void {
  counts.set(what, (counts.get(what) ?? 0) + count);
}
