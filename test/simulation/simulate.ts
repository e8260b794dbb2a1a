import { parseArgs } from "node:util";
import { runSeed, type SeedResult } from "./seed.ts";
import { shrink } from "./shrink.ts";

const USAGE = `npm run simulate -- [--seeds 1000] [--from 0] [--rate 1] [--pause 45]
npm run simulate -- --seed N [--shrink]
                                      one seed, as a trace: time, worker, message, call, answer; and its faults

  --shrink  of a seed that breaks a rule: leaves out every fault that is not needed for it

  --rate    how often something goes wrong, 0 to 5
  --pause   a paused worker sleeps so many seconds at most; beyond 45 the protocol's bounds are left`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    rate: { type: "string", default: "1" },
    pause: { type: "string", default: "45" },
    shrink: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const settings = { rate: Number(values.rate), pauseSeconds: Number(values.pause) };
if (values.help) console.log(USAGE);
else if (values.seed !== undefined) await printOne(values.seed);
else await runMany(Number(values.from), Number(values.seeds));

async function printOne(seed: string): Promise<void> {
  const whole = await runSeed(seed, { ...settings, keepTrace: true });
  const result = values.shrink && whole.violations.length > 0 ? await shrink(seed, whole) : whole;
  console.log(result.trace);
  console.log(
    result.faults.map(({ place, fault }) => `${place}: ${JSON.stringify(fault)}`).join("\n"),
  );
  for (const run of result.runs) {
    console.log(
      [run.id, run.outcome, run.failure?.message, ...run.leftovers]
        .filter((text) => text != null)
        .join("  "),
    );
  }
  console.log(violationsOf(result).join("\n"));
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}

async function runMany(first: number, count: number): Promise<void> {
  const outcomes = new Map<string, number>();
  const faults = new Map<string, number>();
  const started = performance.now();
  let runs = 0;
  let broken = 0;
  for (let n = first; n < first + count; n++) {
    const result = await runSeed(String(n), settings);
    for (const { fault } of result.faults)
      tally(faults, fault.kind === "status" ? `status ${fault.status}` : fault.kind);
    for (const run of result.runs)
      tally(outcomes, run.failure === null ? (run.outcome ?? "not ended") : run.failure.code);
    runs += result.runs.length;
    if (result.violations.length === 0) continue;
    broken++;
    console.log(`seed ${n}: ${violationsOf(result).slice(0, 3).join(" | ")}`);
    console.log(
      `  again: npm run simulate -- --seed ${n} --rate ${values.rate} --pause ${values.pause}`,
    );
  }
  const perSecond = runs / ((performance.now() - started) / 1000);
  print("outcomes", outcomes);
  print("faults", faults);
  console.log(
    `${count} seeds, ${runs} runs, ${perSecond.toFixed(0)} runs a second, ${broken} seeds with violations`,
  );
  process.exitCode = broken === 0 ? 0 : 1;
}

function violationsOf({ violations }: SeedResult): string[] {
  return violations.map(({ rule, what }) => `${rule}: ${what}`);
}

function tally(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function print(title: string, counts: Map<string, number>): void {
  const rows = [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([what, count]) => `${what} ${count}`);
  console.log(`${title}: ${rows.join(", ")}`);
}
