import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { InvalidArgumentError } from "commander";
import { script, wholeNumberFrom } from "../script.ts";
import { BEYOND, WITHIN } from "./faults.ts";
import { report } from "./report.ts";
import { runSeed, type SeedOptions, type SeedResult } from "./seed.ts";
import { START_MS } from "./simulation.ts";
import { shrink } from "./shrink.ts";
import { addTally, type Tally } from "./tally.ts";
import type { Portion } from "./thread.ts";

const PORTION = 25;
const LAST_LINES = 60;

const values = script("simulate")
  .description(
    `Tells histories of the real steps over a simulated world, each from one number, and checks every promise after
every effect. Ctrl-C ends with what was found so far. Exit status 1 when a rule was broken.`,
  )
  .option("--seeds <n>", "so many of them", wholeNumberFrom(1), 1000)
  .option("--from <n>", "the first one", wholeNumberFrom(0), 0)
  .option("--rate <r>", "how often something goes wrong, 0 to 5", rateOf, 1)
  .option(
    "--beyond",
    "sleeps of minutes, late effects, clocks a minute wrong: beyond the strict bounds",
    false,
  )
  .option("--jobs <n>", "threads", wholeNumberFrom(1), availableParallelism())
  .option(
    "--seed <seed>",
    "one history: what happened from outside, then time, worker, call and answer",
  )
  .option(
    "--shrink",
    "of a history that breaks a rule: leave out everything it does not need",
    false,
  )
  .option(
    "--whole",
    "that history from its beginning, not its last lines up to the first broken rule",
    false,
  )
  .parse()
  .opts<{
    seeds: number;
    from: number;
    rate: number;
    beyond: boolean;
    jobs: number;
    seed?: string;
    shrink: boolean;
    whole: boolean;
  }>();

const options: SeedOptions = { rate: values.rate, bounds: values.beyond ? BEYOND : WITHIN };
if (values.seed === undefined) await runMany(values.from, values.seeds, values.jobs);
else await printOne(values.seed);

function rateOf(text: string): number {
  const rate = Number(text);
  if (/^\d/.test(text) && rate <= 5) return rate;
  throw new InvalidArgumentError("Write a number from 0 to 5.");
}

async function printOne(seed: string): Promise<void> {
  const whole = await runSeed(seed, { ...options, keepTrace: true });
  const result =
    values.shrink && whole.violations.length > 0 ? await shrink(seed, whole, options) : whole;
  for (const { place, fault } of result.faults)
    console.log(fault.kind === "happens" ? place : `${place}: ${JSON.stringify(fault)}`);
  console.log(`\n${historyOf(result)}\n`);
  for (const run of result.runs) {
    const words = [run.id, run.outcome, run.failure?.message, ...run.leftovers];
    console.log(words.filter((word) => word != null).join("  "));
  }
  for (const { rule, what } of result.violations) console.log(`BROKEN  ${rule}: ${what}`);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}

function historyOf({ trace, violations }: SeedResult): string {
  const lines = trace.split("\n");
  if (values.whole || violations.length === 0) return trace;
  const brokenAtS = ((violations[0]?.atMs ?? 0) - START_MS) / 1000;
  const end = 1 + lines.findLastIndex((line) => Number(line.slice(0, 9)) <= brokenAtS);
  const from = Math.max(0, end - LAST_LINES);
  return [
    ...(from > 0 ? [`… ${from} lines before (--whole shows them)`] : []),
    ...lines.slice(from, end),
  ].join("\n");
}

async function runMany(first: number, count: number, jobs: number): Promise<void> {
  const seeds = Array.from({ length: count }, (_, n) => String(first + n));
  const portions: string[][] = [];
  for (let at = 0; at < seeds.length; at += PORTION) portions.push(seeds.slice(at, at + PORTION));
  // Ctrl-C: those at work are finished, and what they came to is told.
  process.once("SIGINT", () => portions.splice(0));
  const startedMs = performance.now();
  let shownMs = startedMs;
  let total: Tally | undefined;
  const progress = (tally: Tally) => {
    for (const { seed, rules, first } of tally.broken) {
      console.log(`seed ${seed}: ${rules.join(" | ")}: ${first}`);
      console.log(`  again: ${again(seed)} --shrink`);
    }
    for (const seed of tally.unsteady) console.log(`seed ${seed} tells another history each time`);
    total = total === undefined ? tally : addTally(total, tally);
    if (performance.now() - shownMs < 10_000) return;
    shownMs = performance.now();
    console.error(`${total.seeds} of ${count} seeds, ${total.broken.length} with violations`);
  };
  await Promise.all(
    Array.from({ length: Math.min(jobs, portions.length) }, () => work(portions, progress)),
  );
  if (total === undefined) return;
  const isFine = report(total, (performance.now() - startedMs) / 1000);
  process.exitCode = isFine ? 0 : 1;
}

function again(seed: string): string {
  const beyond = values.beyond ? " --beyond" : "";
  const rate = values.rate === 1 ? "" : ` --rate ${values.rate}`;
  return `npm run simulate -- --seed ${seed}${rate}${beyond}`;
}

/** A thread that takes one portion after the other until none is left. */
async function work(portions: string[][], done: (tally: Tally) => void): Promise<void> {
  const thread = new Worker(new URL("./thread.ts", import.meta.url));
  try {
    for (let seeds = portions.shift(); seeds !== undefined; seeds = portions.shift()) {
      done(await ask(thread, { seeds, options }));
    }
  } finally {
    await thread.terminate();
  }
}

function ask(thread: Worker, portion: Portion): Promise<Tally> {
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.once("message", (tally: Tally) => {
      thread.off("error", reject);
      resolve(tally);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    thread.postMessage(portion);
  });
}
