import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { script, wholeNumberFrom } from "../test/script.ts";
import { type Delivered, deliver } from "./in-flight/deliveries.ts";
import type { HostSays } from "./in-flight/messages.ts";
import { openPlace, type Place } from "./in-flight/place.ts";
import { growthPlot } from "./in-flight/growth-plot.ts";
import { print } from "./print.ts";
import { type Figure, writeSection } from "./report.ts";

const OWN = fileURLToPath(new URL("..", import.meta.url));
const MOST_DELAY = { runs: 10_000, ms: 20 };
const MOST_OF_HOST = { runs: 100_000, megabytes: 1000, startUpSeconds: 5 };
const MOST_GROWTH = 1.3;
/** With so many sizes, the bench draws how the cost of a run grows. */
const ENOUGH_TO_PLOT = 3;
const PLOT = new URL("../docs/images/runs-in-one-host.svg", import.meta.url);

const values = script("bench:in-flight")
  .description(
    "Puts many runs in flight in `regild serve`, with the simulated cloud in a process of its own, and sends webhooks. Measures time, CPU and memory, the delay of the event loop, and the start with that data file.",
  )
  .option(
    "--runs <numbers>",
    "runs that are started, one size after the other",
    sizesIn,
    [1000, 10_000],
  )
  .option("--webhooks <n>", "webhooks a second", wholeNumberFrom(1), 100)
  .option("--seconds <n>", "so long the webhooks come", wholeNumberFrom(1), 20)
  .option(
    "--history",
    "99 of 100 recipes have had three uploads of an hour: theirs are not looked at while runs get under way",
  )
  .option("--to-the-end", "goes on until every run has ended, and counts runs and images")
  .option(
    "--beside <folder>",
    "another checkout of Regild, with its node_modules: it is measured as well",
  )
  .addHelpText(
    "after",
    "\nExample:\n  $ npm run bench:in-flight -- --runs 1000,10000,100000\n  $ npm run bench:in-flight -- --runs 10000 --beside ../regild-before",
  )
  .parse()
  .opts<{
    runs: number[];
    webhooks: number;
    seconds: number;
    history?: true;
    toTheEnd?: true;
    beside?: string;
  }>();

interface Measured {
  checkout: string;
  runs: number;
  /** From the first work of the host until every upload is under way. */
  underWay: { seconds: number; cpuMs: number; commits: number };
  /** While webhooks come. */
  withWebhooks: HostSays & Delivered;
  /** From the start of the process with this data file until the first read of an image. */
  startUpSeconds: number;
}

const checkouts = [...(values.beside === undefined ? [] : [resolve(values.beside)]), OWN];
const measured: Measured[] = [];
for (const runs of values.runs) {
  for (const checkout of checkouts) {
    measured.push(await measure(checkout, runs));
    print(`${runs} runs in flight`, tableOf(measured));
  }
}
const own = measured.filter(({ checkout }) => checkout === OWN);
writeSection({
  name: `in flight ${values.runs.join(",")}${values.history ? ", with a history" : ""}`,
  heading: `Many runs in flight in one host${values.history ? ", with a history" : ""}`,
  text: `\`npm run bench:in-flight\`: \`regild serve\` with as many recipes and servers, and the simulated cloud in a process of its own. The runs were started before, and each upload takes an hour. ${values.history ? "Of 100 recipes 99 have had three such uploads, so the host looks at theirs when they should end." : "All are the first ones of their recipes, so the host looks at each every few seconds at first."} Then ${values.webhooks} signed webhooks come a second, for ${values.seconds} s. Each starts a run that joins the one at work. The delay of the event loop is what Node's \`monitorEventLoopDelay\` tells, which counts the 10 ms between its samples in: an idle host has 10 ms. Then the host is killed, and started again with that data file.`,
  figures: [
    ...own.flatMap(figuresOf),
    ...measured.filter(({ checkout }) => checkout !== OWN).map(delayOf),
    ...growth("time", ({ underWay }) => underWay.seconds),
    ...growth("CPU time", ({ underWay }) => underWay.cpuMs),
  ],
  table: tableOf(measured),
});

if (values.history && own.length >= ENOUGH_TO_PLOT) {
  writeFileSync(PLOT, growthPlot(own.map(({ runs, underWay }) => ({ runs, ...underWay }))));
}

async function measure(checkout: string, runs: number): Promise<Measured> {
  await using place = await openPlace(checkout, { runs, hasHistory: values.history ?? false });
  const host = await place.serve();
  const [began, beganAtMs] = [await host.tell(), performance.now()];
  // One more: the run that webhooks join.
  while (place.inFlight() <= runs) await sleep(50);
  const { cpuMs } = await host.tell();
  const underWay = {
    seconds: (performance.now() - beganAtMs) / 1000,
    cpuMs: cpuMs - began.cpuMs,
    commits: place.commits(),
  };
  host.begin();
  const delivered = await deliver(host.webhooks, {
    perSecond: values.webhooks,
    seconds: values.seconds,
  });
  const withWebhooks = { ...(await host.tell()), ...delivered };
  await host.kill();
  const look = place.nextLook();
  const startedAtMs = performance.now();
  const again = place.serve();
  await look;
  const startUpSeconds = (performance.now() - startedAtMs) / 1000;
  await again;
  if (values.toTheEnd) await goToTheEnd(place, runs);
  return { checkout, runs, underWay, withWebhooks, startUpSeconds };
}

/** @throws when a run was lost, has failed, or has made two images. */
async function goToTheEnd(place: Place, runs: number): Promise<void> {
  place.endUploads();
  const ended = () => Object.values(place.outcomes()).reduce((sum, n) => sum + n, 0);
  while (ended() < runs) await sleep(1000);
  const found = { ...place.outcomes(), images: await place.activeImages() };
  // One more: that of the run that webhooks join.
  const wanted = { succeeded: runs, images: runs + 1 };
  if (isDeepStrictEqual(found, wanted)) return;
  throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

function sizesIn(text: string): number[] {
  return text.split(",").map(wholeNumberFrom(1));
}

function nameOf(checkout: string): string {
  if (checkout === OWN) return "this checkout";
  const args = ["-C", checkout, "rev-parse", "--short", "HEAD"];
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

function tableOf(of: Measured[]): string[][] {
  return [
    [
      "",
      "runs",
      "until under way",
      "commits a run",
      "time a run",
      "CPU a run",
      "peak MB",
      "event loop p50, p99, most",
      "webhooks taken, p99",
      "start-up",
    ],
    ...of.map(({ checkout, runs, underWay, withWebhooks, startUpSeconds }) => {
      const { seconds, cpuMs, commits } = underWay;
      const { delayMs, accepted, sent, p99Ms, peakMb } = withWebhooks;
      return [
        nameOf(checkout),
        String(runs),
        `${seconds.toFixed(1)} s`,
        (commits / runs).toFixed(1),
        `${((seconds * 1000) / runs).toFixed(2)} ms`,
        `${(cpuMs / runs).toFixed(2)} ms`,
        peakMb.toFixed(0),
        `${delayMs.median.toFixed(1)}, ${delayMs.p99.toFixed(1)}, ${delayMs.most.toFixed(0)} ms`,
        `${accepted} of ${sent}, ${p99Ms.toFixed(0)} ms`,
        `${startUpSeconds.toFixed(1)} s`,
      ];
    }),
  ];
}

function delayOf({ checkout, runs, withWebhooks }: Measured): Figure {
  const isTarget = runs === MOST_DELAY.runs && checkout === OWN;
  return {
    what: `event-loop delay p99, ${runs} runs in flight and webhooks, ${nameOf(checkout)}`,
    measured: withWebhooks.delayMs.p99,
    unit: "ms",
    target: isTarget ? { is: "at most", value: MOST_DELAY.ms } : null,
    spread: null,
  };
}

function figuresOf(of: Measured): Figure[] {
  const { runs, withWebhooks, startUpSeconds } = of;
  const atMost = (value: number): Figure["target"] =>
    runs === MOST_OF_HOST.runs ? { is: "at most", value } : null;
  return [
    delayOf(of),
    {
      what: `resident memory at its peak, ${runs} runs`,
      measured: withWebhooks.peakMb,
      unit: "MB",
      target: atMost(MOST_OF_HOST.megabytes),
      spread: null,
    },
    {
      what: `start-up until the first look, ${runs} runs`,
      measured: startUpSeconds,
      unit: "s",
      target: atMost(MOST_OF_HOST.startUpSeconds),
      spread: null,
    },
  ];
}

/** How it grows with the number of runs. None: one size was measured. */
function growth(what: string, of: (is: Measured) => number): Figure[] {
  if (own.length < 2) return [];
  const perRun = own.map((is) => of(is) / is.runs);
  return [
    {
      what: `${what} a run, the most over the least`,
      measured: Math.max(...perRun) / Math.min(...perRun),
      unit: "×",
      target: { is: "at most", value: MOST_GROWTH },
      spread: null,
    },
    {
      what: `${what} grows with the runs to the power of`,
      measured: slope(own.map((is) => [Math.log(is.runs), Math.log(of(is))])),
      unit: "",
      target: null,
      spread: null,
    },
  ];
}

/** Of the line through these points, by least squares. */
function slope(points: Array<[x: number, y: number]>): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const [xy, xx] = points.reduce(
    ([xy, xx], [x, y]) => [xy + (x - x0) * (y - y0), xx + (x - x0) ** 2],
    [0, 0],
  );
  return xy / xx;
}
