import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openFleet, type Fleet } from "./fleet.ts";
import { print, type Bound } from "./print.ts";
import { pendingTimers, waiting } from "./waiting.ts";

const RUNS = 1000;
const WATCHED_SECONDS = 10;
const MAX_RESIDENT_MB = 300;
const MAX_CALLS_PER_CHECK = 0.5;

/** A thousand uploads at once, in one host with a data file. The simulated cloud shares the process, and its memory. */
export async function thousandRuns(): Promise<Bound[]> {
  const folder = mkdtempSync(join(tmpdir(), "regild-bench-"));
  try {
    await using fleet = await openFleet({ dataFile: join(folder, "regild.sqlite"), size: RUNS });
    const stepsPerSecond = await getUnderWay(fleet);
    const residentMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
    const timers = pendingTimers();
    const { checks, glanceCalls, coreShare } = await waiting(fleet, WATCHED_SECONDS);
    const callsPerCheck = glanceCalls / checks;
    print(`${RUNS} runs in flight in one host`, [
      ["steps per second while they get under way", stepsPerSecond.toFixed(0)],
      ["resident memory at its peak", `${residentMb.toFixed(0)} MB`],
      ["timers", String(timers)],
      [`looks in ${WATCHED_SECONDS} s`, String(checks)],
      ["Glance calls in that time", String(glanceCalls)],
      ["Glance calls per run and look", `${callsPerCheck.toFixed(3)} (1 without lists)`],
      ["share of one core, cloud included", `${(coreShare * 100).toFixed(1)} %`],
    ]);
    return [
      { what: "resident memory, MB", measured: residentMb, atMost: MAX_RESIDENT_MB },
      { what: "Glance calls per check", measured: callsPerCheck, atMost: MAX_CALLS_PER_CHECK },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns steps done per second. */
async function getUnderWay(fleet: Fleet): Promise<number> {
  const startedAtMs = performance.now();
  await fleet.startAll();
  while (!fleet.allInFlight()) await sleep(100);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const events = (await fleet.runs()).flatMap((run) => run.timeline);
  return events.filter((event) => event.kind === "step").length / seconds;
}
