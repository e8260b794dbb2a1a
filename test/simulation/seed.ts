import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { StateEffect } from "../../local/simulated-cloud/faults.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { Checker, type Violation } from "./checker.ts";
import { exactFaults, type FaultPlan, type PlannedFault, randomFaults } from "./faults.ts";
import { at } from "./random.ts";
import { Simulation } from "./simulation.ts";

const HOUR = 3_600_000;

export interface SeedResult {
  seed: string;
  violations: Violation[];
  runs: Run[];
  faults: PlannedFault[];
  trace: string;
}

/** Three recipes on sources of their own and two that share one, each started more than once, some cancelled. */
export async function runSeed(
  seed: string,
  options: {
    rate?: number;
    pauseSeconds?: number;
    exactly?: PlannedFault[];
    keepTrace?: boolean;
  } = {},
): Promise<SeedResult> {
  const { rate = 1, pauseSeconds = 45, exactly, keepTrace = false } = options;
  const faults: FaultPlan =
    exactly === undefined ? randomFaults(seed, rate, pauseSeconds) : exactFaults(exactly);
  const recipes = recipesOf(seed);
  // The checker and the simulation look at each other.
  const box: { checker?: Checker } = {};
  const simulation = await Simulation.open({
    seed,
    faults,
    keepTrace,
    prepare: (cloud) => {
      prepareCloud(cloud, seed);
    },
    onRequest: (request) => box.checker?.request(request),
    onEffect: () => box.checker?.effect(),
  });
  const checker = new Checker(simulation, ["demo-secret"]);
  box.checker = checker;
  const begin = simulation.nowMs;
  recipes.forEach((recipe, index) => {
    const times = 1 + Math.floor(at(seed, recipe.name, "times") * 3);
    for (let n = 0; n < times; n++) {
      const atMs = begin + index * 1000 + n * Math.floor(at(seed, recipe.name, n, "gap") * HOUR);
      simulation.trigger(recipe, `${recipe.name} ${n}`, atMs);
      // Some senders repeat themselves.
      if (at(seed, recipe.name, n, "again") < 0.3)
        simulation.trigger(recipe, `${recipe.name} ${n}`, atMs + 5000);
    }
  });
  for (let n = 0; n < 2; n++) {
    if (at(seed, "cancel", n) < 0.3)
      cancelSomething(
        simulation,
        begin + Math.floor(at(seed, "cancel at", n) * HOUR * 1.5),
        at(seed, "cancel which", n),
      );
  }
  await simulation.goOn(begin + 40 * HOUR);
  checker.end();
  return {
    seed,
    violations: checker.violations,
    runs: simulation.runs(),
    faults: faults.happened,
    trace: simulation.printTrace(),
  };
}

function cancelSomething(simulation: Simulation, atMs: number, which: number): void {
  simulation.scheduler.atTime(atMs, () => {
    const active = simulation.runs().filter((run) => run.outcome === null);
    const run = active[Math.floor(which * active.length)];
    if (run !== undefined) simulation.cancel(run.id);
  });
}

function recipesOf(seed: string): Recipe[] {
  const keep = 1 + Math.floor(at(seed, "keep") * 2);
  const coolingOff = at(seed, "cooling off") < 0.5 ? "0s" : "30m";
  const deadline = at(seed, "deadline") < 0.3 ? "11m" : "2h";
  const loaded = loadRecipes(
    `defaults: { cloud: sim, keep: ${keep}, cooling_off: ${coolingOff}, deadline: ${deadline} }
recipes:
  web: { server: web, prepare: { stop_server: true, stop_timeout: 5m } }
  db: { server: db, image: { name: "db-\${{ seq }}" } }
  root: { server: db, capture: root_volume, prepare: { stop_server: true, stop_timeout: 5m } }
  data: { volume: data }
`,
    "recipes.yml",
  );
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  return [...loaded.recipes.values()];
}

/** What goes wrong in the cloud itself, some of it in every seventh seed. */
const TROUBLE: StateEffect[] = [
  { kind: "upload-breaks" },
  { kind: "upload-reverts" },
  { kind: "unknown-status", status: "defrosting" },
  { kind: "snapshot-fails", number: 2 },
  { kind: "snapshots-cut", after: 1 },
  { kind: "snapshot-stays" },
  { kind: "sync-fails", property: "sync_status_reason" },
];

const UPLOADS = ["compute.createImage", "volume.uploadImage"];
const OPERATIONS: Partial<Record<StateEffect["kind"], string[]>> = {
  "upload-breaks": UPLOADS,
  "upload-reverts": UPLOADS,
  "unknown-status": UPLOADS,
  "sync-fails": UPLOADS,
  "snapshot-fails": ["compute.createImage"],
  "snapshots-cut": ["compute.createImage"],
  "snapshot-stays": ["volume.deleteSnapshot"],
};

function prepareCloud(cloud: SimulatedCloud, seed: string): void {
  const { operator, settings } = cloud;
  const slow = at(seed, "slow");
  settings.uploadSeconds = (name) =>
    Math.floor(at(seed, name, "upload") * (slow < 0.2 ? 3000 : 200));
  settings.listLagSeconds = at(seed, "list lag") < 0.3 ? 20 : 0;
  settings.statusLagSeconds = at(seed, "status lag") < 0.3 ? 15 : 0.1;
  settings.forceUpload = at(seed, "force") < 0.8;
  for (const [n, effect] of TROUBLE.entries()) {
    if (at(seed, "trouble", n) > 0.15) continue;
    for (const operation of OPERATIONS[effect.kind] ?? []) {
      cloud.faults.add({
        on: { operation, nth: 1 + Math.floor(at(seed, operation, n) * 3) },
        effect,
      });
    }
  }
  const base = operator.addImage({ name: "base" });
  operator.addServer({ name: "web", image: base });
  operator.addServer({
    name: "db",
    volumes: [
      operator.addVolume({ name: "db-root", image: base }),
      operator.addVolume({ name: "db-data" }),
    ],
  });
  operator.addVolume({ name: "data" });
}
