import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { BEYOND, WITHIN } from "./faults.ts";
import { report } from "./report.ts";
import { runSeed, type SeedOptions, type SeedResult } from "./seed.ts";
import { START_MS } from "./simulation.ts";
import { shrink } from "./shrink.ts";
import { addTally, type Tally } from "./tally.ts";
import type { Portion } from "./thread.ts";

const USAGE = `npm run simulate -- [--seeds 1000] [--from 0] [--rate 1] [--beyond] [--jobs 2]
npm run simulate -- --seed N [--shrink] [--whole]
                    one seed: what happened from outside, and its story (time, worker, message, call, answer)

  --rate    how often something goes wrong, 0 to 5
  --beyond  workers sleep for minutes, answers are executed late, clocks are wrong by a minute: beyond the bounds
            that the strict rules rest on
  --jobs    threads; as many as there are processors, unless given
  --shrink  of a seed that breaks a rule: leaves out everything that is not needed for it
  --whole   the story from beginning to end, not its last lines up to the first broken rule`;

const PORTION = 25;
const LAST_LINES = 60;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    rate: { type: "string", default: "1" },
    beyond: { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism()) },
    shrink: { type: "boolean", default: false },
    whole: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const options: SeedOptions = {
  rate: Number(values.rate),
  bounds: values.beyond ? BEYOND : WITHIN,
};
if (values.help) console.log(USAGE);
else if (values.seed !== undefined) await printOne(values.seed);
else await runMany(Number(values.from), Number(values.seeds), Number(values.jobs));

async function printOne(seed: string): Promise<void> {
  const whole = await runSeed(seed, { ...options, keepTrace: true });
  const result =
    values.shrink && whole.violations.length > 0 ? await shrink(seed, whole, options) : whole;
  for (const { place, fault } of result.faults)
    console.log(fault.kind === "happens" ? place : `${place}: ${JSON.stringify(fault)}`);
  console.log(`\n${storyOf(result)}\n`);
  for (const run of result.runs) {
    const words = [run.id, run.outcome, run.failure?.message, ...run.leftovers];
    console.log(words.filter((word) => word != null).join("  "));
  }
  for (const { rule, what } of result.violations) console.log(`BROKEN  ${rule}: ${what}`);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}

function storyOf({ trace, violations }: SeedResult): string {
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
    for (const seed of tally.unsteady) console.log(`seed ${seed} tells another story each time`);
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
  const rate = values.rate === "1" ? "" : ` --rate ${values.rate}`;
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
