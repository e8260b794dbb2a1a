import { openSeam } from "../test/aws/access.ts";
import { operatorOf } from "../test/aws/stack/operator.ts";
import { compile } from "../test/aws/template/compiled.ts";
import { failOver } from "./print.ts";
import { runSchema } from "../shared/run/record.ts";
import { bareStartCpuMs } from "./cost/bare-start.ts";
import { costsOf, type Day } from "./cost/costs.ts";
import { GOLDENS, openDays } from "./cost/days.ts";
import { Meter } from "./cost/meter.ts";
import { usdOf } from "./cost/quantities.ts";
import { printAlternatives, printCosts, printDay, printWebhooks } from "./cost/report.ts";
import { costOfWebhook } from "./cost/webhooks.ts";

const SEED = 1;
const HOUR_MS = 3_600_000;
/** Every recipe has a history by then, and deletes an image for each that it makes. */
const BEFORE_HOURS = 28;
const MEASURED_HOURS = 24;
/** So long idle instances lived in 2019 (mikhail.io, AWS Lambda cold starts after 10 minutes). AWS does not say. */
const KEPT_IDLE_MS = 10 * 60_000;

using packaged = compile();
await using days = await openDays(packaged, SEED);
const { stack } = days;
const { clock, functions, schedules } = stack.parts;
for (const lambda of functions) lambda.keptIdleMs = KEPT_IDLE_MS;
const meter = new Meter(stack, packaged.template, bareStartCpuMs());

await pass(BEFORE_HOURS);
meter.start();
const startedAtMs = clock.now();
await pass(MEASURED_HOURS);
const metered = meter.read();

const ended = (await runs()).filter(({ endedAtMs }) => (endedAtMs ?? 0) >= startedAtMs);
const failed = ended.filter(({ outcome }) => outcome !== "succeeded");
const problems = [
  ...stack.troubles,
  ...failed.map(({ id, outcome }) => `${id} ${outcome}`),
  ...(ended.length === GOLDENS.length ? [] : [`${ended.length} runs ended, not ${GOLDENS.length}`]),
];
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
} else {
  const hours = GOLDENS.reduce((sum, { uploadHours }) => sum + uploadHours, 0);
  const day: Day = {
    template: packaged.template,
    metered,
    scheduled: new Set(schedules.map(({ lambda }) => lambda)),
    refreshes: ended.length,
    meanUploadHours: hours / GOLDENS.length,
  };
  const costs = costsOf(day);
  printDay(day, costs);
  printCosts(day, costs);
  printAlternatives(day, costs);
  const webhook = await costOfWebhook(stack, meter);
  printWebhooks(webhook);
  failOver([
    { what: "dollars per 1,000 refreshes", measured: 1000 * usdOf(costs.refresh), atMost: 1.5 },
    { what: "dollars per 1,000 webhooks", measured: 1000 * usdOf(webhook), atMost: 0.05 },
    { what: "dollars a month when idle", measured: usdOf(costs.idle), atMost: 7 },
  ]);
}

async function pass(hours: number): Promise<void> {
  const untilMs = clock.now() + hours * HOUR_MS;
  while (clock.now() < untilMs) await stack.turn();
}

async function runs() {
  const seam = openSeam();
  try {
    const { store } = operatorOf(stack, seam);
    const pages = await Promise.all(GOLDENS.map(({ name }) => store.range(`R#${name}`, "run#", 9)));
    return pages.flatMap(({ items }) => items.map(({ doc }) => runSchema.parse(JSON.parse(doc))));
  } finally {
    seam.close();
  }
}
