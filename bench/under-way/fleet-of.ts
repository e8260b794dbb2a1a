import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { openFleet as OpenFleet } from "../fleet.ts";
import type { UnderWay } from "./measured.ts";

/** `node fleet-of.ts CHECKOUT RUNS`: starts so many runs with the code of that checkout, and prints what it measured. */
const [checkout = "", runs = ""] = process.argv.slice(2);
const fleetModule = z.looseObject({
  openFleet: z.custom<typeof OpenFleet>((value) => typeof value === "function"),
});
const { openFleet } = fleetModule.parse(
  await import(pathToFileURL(join(checkout, "bench/fleet.ts")).href),
);
const folder = mkdtempSync(join(tmpdir(), "regild-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

const size = Number(runs);
const fleet = await openFleet({ dataFile: join(folder, "regild.sqlite"), size });
const cpuBefore = process.cpuUsage();
const startedAtMs = performance.now();
await fleet.startAll();
while (!fleet.allInFlight()) await sleep(50);
const seconds = (performance.now() - startedAtMs) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const events = (await fleet.runs()).flatMap((run) => run.timeline);
const steps = events.filter((event) => event.kind === "step").length;
const found: UnderWay = {
  stepsPerSecond: steps / seconds,
  cpuMsPerRun: (cpu.user + cpu.system) / 1000 / size,
  residentMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
};
process.stdout.write(JSON.stringify(found), () => process.exit(0));
