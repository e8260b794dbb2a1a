import { type AwsFleet, openAwsFleet } from "./aws/fleet.ts";
import { hottest, type Requests, total } from "./aws/requests.ts";
import { watch } from "./aws/watch.ts";
import { type Bound, failOver, print } from "./print.ts";

const RUNS = 10_000;
const UPLOAD_HOURS = 2;
/** In which each run's upload is looked at once. */
const WATCHED_MINUTES = 6;

const bounds = [...(await oneRun()), ...(await manyInFlight())];
failOver(bounds);

async function oneRun(): Promise<Bound[]> {
  await using fleet = await openAwsFleet({ size: 0, uploadSeconds: UPLOAD_HOURS * 3600 });
  const id = await fleet.startOne();
  const isOver = async () => (await fleet.runAt(id)).outcome !== null;
  const seen = await watch(fleet, isOver, 24 * 60);
  const { outcome, apiCalls } = await fleet.runAt(id);
  if (outcome !== "succeeded") throw new Error(`the run has ${outcome}`);
  const checks = seen.checks.get("check-status") ?? 0;
  print(`One run from start to end, with an upload of ${UPLOAD_HOURS} hours`, [
    ["cloud calls", String(apiCalls)],
    ["looks at the upload", String(checks)],
    ...requestRows("request", seen.requests, 1),
    ...requestRows("request of schedules, an hour", seen.scheduled, UPLOAD_HOURS),
  ]);
  return [
    { what: "cloud calls of one run", measured: apiCalls, atMost: 120 },
    { what: "looks at one upload, the first of its recipe", measured: checks, atMost: 90 },
    ...scans(seen.requests, seen.scheduled),
  ];
}

async function manyInFlight(): Promise<Bound[]> {
  await using fleet = await openAwsFleet({ size: RUNS, uploadSeconds: UPLOAD_HOURS * 3600 });
  await fleet.putInFlight();
  const untilMs = Date.now() + WATCHED_MINUTES * 60_000;
  const seen = await watch(fleet, async () => Date.now() > untilMs, 60);
  const checks = seen.checks.get("check-status") ?? 0;
  const callsPerCheck = (seen.cloudCalls.get("image") ?? 0) / checks;
  const freshness = await checkFreshness(fleet);
  const partition = hottest(seen.requests.byPartition);
  const shard = hottest(seen.requests.byShard);
  const resident = residentMib(fleet);
  const largest = Math.max(...resident.map(({ mib }) => mib));
  print(`${RUNS} runs in flight, ${WATCHED_MINUTES} minutes of the stack's clock`, [
    ["checks", [...seen.checks].map(([name, count]) => `${name} ${count}`).join(", ")],
    ["looks per second of this machine", (total(seen.checks) / seen.tookSeconds).toFixed(0)],
    ["Glance calls per run and look", callsPerCheck.toFixed(3)],
    ["invocations per check", (seen.invocations / total(seen.checks)).toFixed(2)],
    ...requestRows("request, a run and minute", seen.requests, RUNS * WATCHED_MINUTES),
    ...requestRows("request of schedules, a minute", seen.scheduled, WATCHED_MINUTES),
    [`requests of check-freshness, ${RUNS + 1} recipes`, String(freshness)],
    ["hottest partition of the table", `${partition.name}, ${percent(partition.share)}`],
    ["hottest shard of the due index", `${shard.name}, ${percent(shard.share)}`],
    ...resident.map(({ name, count, mib }) => [
      `${name}, ${count} at once`,
      `${mib.toFixed(0)} MiB`,
    ]),
  ]);
  if (fleet.stack.troubles.length > 0) throw new Error(fleet.stack.troubles.join("\n"));
  return [
    { what: "runs not looked at", measured: Math.max(0, RUNS - checks), atMost: 0 },
    { what: "Glance calls per check", measured: callsPerCheck, atMost: 0.1 },
    { what: "share of the hottest partition", measured: partition.share, atMost: 0.001 },
    // Of sixteen: twice its part.
    { what: "share of the hottest shard", measured: shard.share, atMost: 2 / 16 },
    { what: "requests of check-freshness, a recipe", measured: freshness / RUNS, atMost: 3.1 },
    { what: "memory of a function, MiB", measured: largest, atMost: 256 },
    ...scans(seen.requests, seen.scheduled),
  ];
}

/** It is started every quarter of an hour, and asks for every recipe. @returns its requests. */
async function checkFreshness(fleet: AwsFleet): Promise<number> {
  const lambda = fleet.stack.function("check-freshness");
  let isDone = false;
  fleet.stack.track(lambda.invoke({}).then(() => void (isDone = true)));
  const { scheduled } = await watch(fleet, async () => isDone, 1);
  return scheduled.byCaller.get(lambda.role.arn) ?? 0;
}

/** Only what the code itself asks for: how often Lambda receives and deletes is its own affair. */
function requestRows(what: string, { byAction }: Requests, per: number): string[][] {
  return [...byAction]
    .filter(([action]) => !/^sqs:(Receive|Delete)/.test(action))
    .map(([action, count]) => [`${action}, ${what}`, (count / per).toFixed(per < 100 ? 0 : 2)]);
}

function scans(...requests: Requests[]): Bound[] {
  const measured = requests.reduce(
    (sum, { byAction }) => sum + (byAction.get("dynamodb:Scan") ?? 0),
    0,
  );
  return [{ what: "scans of the table", measured, atMost: 0 }];
}

function residentMib({ stack }: AwsFleet) {
  return stack.parts.functions
    .filter(({ instances }) => instances.length > 0)
    .map(({ name, instances }) => ({
      name: name.replace("regild-prod-", ""),
      count: instances.length,
      mib: Math.max(...instances.map((one) => one.residentMib)),
    }));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
