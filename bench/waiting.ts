import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "../shared/run/record.ts";
import type { Fleet } from "./fleet.ts";

/** What the host does in so many seconds, in which nothing is left to do but to look at uploads. */
export async function waiting(fleet: Fleet, seconds: number) {
  const before = { glance: fleet.glanceCalls(), checks: checksOf(await fleet.runs()) };
  const cpu = process.cpuUsage();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  return {
    glanceCalls: fleet.glanceCalls() - before.glance,
    checks: checksOf(await fleet.runs()) - before.checks,
    coreShare: (user + system) / 1e6 / seconds,
  };
}

function checksOf(runs: Run[]): number {
  const seen = runs.flatMap((run) => run.timeline.filter((e) => e.step === "check-status"));
  return seen.reduce((sum, event) => sum + event.count, 0);
}

/** Timers of this process that are pending now. */
export function pendingTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}
