import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { script, wholeNumberFrom } from "../test/script.ts";
import { print } from "./print.ts";
import { writeSection } from "./report.ts";
import { openDisk, SYNC_MS } from "./slow-disk.ts";
import { type UnderWay, underWaySchema } from "./under-way/measured.ts";

const OWN = fileURLToPath(new URL("..", import.meta.url));
const CHILD = fileURLToPath(new URL("under-way/fleet-of.ts", import.meta.url));

const values = script("bench:under-way")
  .description(
    "Starts many runs at once in one host with a data file, and measures until every upload is under way. Another checkout takes turns, so that both meet the same noise.",
  )
  .requiredOption("--beside <folder>", "another checkout of Regild, with its node_modules")
  .option("--runs <n>", "runs that are started", wholeNumberFrom(1), 1000)
  .option("--rounds <n>", "turns of each checkout", wholeNumberFrom(1), 3)
  .option("--sync-ms <n>", SYNC_MS, wholeNumberFrom(0), 0)
  .addHelpText("after", "\nExample:\n  $ npm run bench:under-way -- --beside ../regild-before")
  .parse()
  .opts<{ beside: string; runs: number; rounds: number; syncMs: number }>();

const beside = resolve(values.beside);
const disk = openDisk(values.syncMs);
const commitOf = (folder: string) =>
  execFileSync("git", ["-C", folder, "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();

const now: UnderWay[] = [];
const before: UnderWay[] = [];
for (let round = 1; round <= values.rounds; round++) {
  before.push(measured(beside));
  now.push(measured(OWN));
  print(`round ${round} of ${values.rounds}`, [
    ["", "steps a second", "CPU a run", "resident"],
    [commitOf(beside), ...cells(before.at(-1))],
    ["this checkout", ...cells(now.at(-1))],
  ]);
}

const steps = ratios((is) => is.stepsPerSecond);
const cpu = ratios((is) => is.cpuMsPerRun);
writeSection({
  name: `under way ${values.runs}${disk.suffix}`,
  heading: `${values.runs} runs get under way${disk.suffix}`,
  text: `\`npm run bench:under-way\`: as many servers and recipes in one host, with a data file and the simulated cloud in its process. The runs are started one after the other. It measures until every upload is under way. Both checkouts take turns on the same disk. ${disk.sentence} The ratios are over ${commitOf(beside)}, the medians of ${values.rounds} rounds.`,
  figures: [
    {
      what: "steps a second, over those before",
      ...steps,
      unit: "×",
      target: { is: "at least", value: values.runs >= 10_000 ? 10 : 8 },
    },
    {
      what: "CPU time a run, over that before",
      ...cpu,
      unit: "×",
      target: { is: "at most", value: 0.333 },
    },
    {
      what: "resident memory at its peak, over that before",
      ...ratios((is) => is.residentMb),
      unit: "×",
      target: null,
    },
  ],
});

function measured(checkout: string): UnderWay {
  const args = [CHILD, checkout, String(values.runs)];
  const env = { ...process.env, ...disk.env };
  const printed = execFileSync(process.execPath, args, { encoding: "utf8", env });
  return underWaySchema.parse(JSON.parse(printed));
}

function cells(is: UnderWay | undefined): string[] {
  if (is === undefined) return [];
  const { stepsPerSecond, cpuMsPerRun, residentMb } = is;
  return [stepsPerSecond.toFixed(0), `${cpuMsPerRun.toFixed(1)} ms`, `${residentMb.toFixed(0)} MB`];
}

/** Of each round: what stands side by side met the same noise. */
function ratios(of: (is: UnderWay) => number): { measured: number; spread: string } {
  const sorted = now.map((is, round) => of(is) / of(before[round] ?? is)).toSorted((a, b) => a - b);
  const shown = (value = NaN) => Number(value.toPrecision(3));
  return {
    measured: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    spread: `${shown(sorted[0])} to ${shown(sorted.at(-1))}`,
  };
}
