import { en } from "zod/locales";
import * as z from "zod/mini";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import type { Run } from "../../shared/run/record.ts";
import { sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { actByHand, changeByHand } from "./by-hand.ts";
import { cleanUpByPlan } from "./by-plan.ts";
import { adoptOne, answerAll, pauseOne, pinOne, resumeAll } from "./by-person.ts";
import { Checker, type Violation } from "./checker.ts";
import type { Coverage } from "./coverage.ts";
import {
  type Bounds,
  exactFaults,
  type FaultPlan,
  type PlannedFault,
  randomFaults,
  WITHIN,
} from "./faults.ts";
import { at } from "./random.ts";
import { Simulation } from "./simulation.ts";
import { hasNotifications, PEOPLE_SECRETS } from "./people.ts";
import { hasProtection, protectByHand, rewriteProtected } from "./protection.ts";
import { TOLD_SECRETS } from "./told.ts";
import {
  cleansUpOften,
  prepareCloud,
  recipesOf,
  faultsOf,
  hasLateReasons,
  poolOf,
  restoredOf,
  powerOffSeconds,
  savesWork,
  startOf,
} from "./world.ts";

z.config(en());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** In the end nothing goes wrong for a while, so that all pending work gets done, however often it failed. */
const CALM_MS = 4 * HOUR;

export interface SeedOptions {
  /** How often something goes wrong: 0 never, 1 a few times in most runs, 5 hardly anything goes well. */
  rate?: number;
  bounds?: Bounds;
  /** Instead of what the seed draws. */
  exactly?: PlannedFault[];
  keepTrace?: boolean;
}

export interface SeedResult {
  seed: string;
  violations: Violation[];
  runs: Run[];
  /** Everything that happened from outside: triggers, cancels, operator's acts, trouble and faults. */
  faults: PlannedFault[];
  trace: string;
  coverage: Coverage;
}

/** One history from one seed: recipes that are refreshed again and again, sometimes cancelled, while things go wrong. */
export async function runSeed(seed: string, options: SeedOptions = {}): Promise<SeedResult> {
  const { rate = 1, bounds = WITHIN, exactly, keepTrace = false } = options;
  const planned = exactly === undefined ? randomFaults(seed, rate, bounds) : exactFaults(exactly);
  let isCalm = false;
  const faults: FaultPlan = {
    happened: planned.happened,
    at: (...call) => (isCalm ? undefined : planned.at(...call)),
    happens: (...what) => !isCalm && planned.happens(...what),
  };
  // The checker and the simulation look at each other.
  const box: { checker?: Checker; transientFailures?: ReturnType<typeof faultsOf> } = {};
  const simulation = await Simulation.open({
    seed,
    faults,
    bounds,
    keepTrace,
    visibilitySeconds: at(seed, "visibility") < 0.2 ? 30 : 360,
    prepare: (cloud) => prepareCloud(cloud, seed, faults),
    transientFailures: (nowMs) =>
      box.transientFailures?.(nowMs) ?? { isDown: false, isLagging: false, zonesDown: [] },
    onCalled: (request) => box.checker?.called(request),
    onCall: (process) => box.checker?.requestBy(process),
    onRequest: (request) => box.checker?.request(request),
    onEffect: () => box.checker?.effect(),
    onSend: (queue, request) => box.checker?.sent(queue, request),
    onTold: (telling) => box.checker?.told(telling),
    onHook: (event) => box.checker?.hook(event),
    onSwept: () => box.checker?.swept(),
    onActed: (what, id) => box.checker?.operatorActed(what, id),
  });
  const checker = new Checker(simulation, ["demo-secret", ...TOLD_SECRETS, ...PEOPLE_SECRETS], {
    strict: bounds === WITHIN,
  });
  box.checker = checker;
  const begin = simulation.nowMs;
  box.transientFailures = faultsOf(seed, begin, faults);
  if (hasNotifications(seed))
    for (const recipe of recipesOf(seed)) await simulation.tellPeople(recipe);
  triggerAll(simulation, seed);
  actByHand(simulation, seed, begin);
  if (savesWork(seed)) changeByHand(simulation, seed, begin);
  for (let n = 1; n <= 2; n++) cancelOne(simulation, seed, `cancel ${n}`);
  for (let n = 1; n <= 2; n++) changeCurrent(simulation, seed, `change of current ${n}`);
  pauseOne(simulation, seed, "pause");
  answerAll(simulation, seed);
  pinOne(simulation, seed, "pin");
  adoptOne(simulation, seed, "adoption");
  for (let n = 1; n <= 2; n++) protectByHand(simulation, seed, `protection by hand ${n}`);
  for (const recipe of recipesOf(seed)) rewriteProtected(simulation, seed, recipe);
  prepareGuests(simulation, seed);
  for (let n = 1; n <= (cleansUpOften(seed) ? 4 : 1); n++)
    cleanUpByPlan(simulation, seed, `clean-up ${n}`);
  const isStuck = faults.happened.some(({ place }) => place === "cloud: upload-never-ends");
  // People may hear of an end only hours later. Nothing else happens for so long in a seed that is stuck.
  await simulation.goOn(begin + (isStuck && !hasNotifications(seed) ? 8 : 40) * HOUR);
  isCalm = true;
  simulation.cloud.settings.hostile = null;
  resumeAll(simulation, seed);
  await simulation.goOn(simulation.nowMs + CALM_MS);
  checker.end();
  return {
    seed,
    violations: checker.violations,
    runs: simulation.runs(),
    faults: faults.happened,
    trace: simulation.printTrace(),
    coverage: simulation.coverage,
  };
}

function triggerAll(simulation: Simulation, seed: string): void {
  const { faults } = simulation.options;
  const begin = simulation.nowMs;
  const recipes = recipesOf(seed);
  // What is kept, and for how long, shows only where one recipe is refreshed again and again.
  const isLong = recipes.length === 1 && at(seed, "long") < 0.08;
  // Starts wait for each other only where they come close together.
  const isCrowded = recipes.some(
    ({ ifRunning, allowSource }) => ifRunning !== "join" || allowSource !== null,
  );
  const isOften =
    isLong ||
    isCrowded ||
    hasLateReasons(seed) ||
    savesWork(seed) ||
    cleansUpOften(seed) ||
    hasProtection(seed);
  for (const [index, each] of recipes.entries()) {
    for (let n = 1; n <= (isLong ? 6 : 3); n++) {
      const recipe = startOf(each, n);
      const id = `trigger ${recipe.name} ${n}`;
      const gap = (n - 1) * Math.floor(at(seed, id, "gap") * (isCrowded ? 2 * MINUTE : HOUR));
      const atMs = begin + index * 1000 + gap;
      if (n > 1 && !faults.happens(id, isOften ? 0.9 : 0.35)) continue;
      if (n === 1 && index > 0 && !faults.happens(id, 0.9)) continue;
      simulation.trigger(recipe, id, atMs);
      // Some senders repeat themselves, soon or when the run has long ended.
      if (faults.happens(`${id} again`, 0.3)) simulation.trigger(recipe, id, atMs + 5000);
      if (faults.happens(`${id} long after`, 0.1)) simulation.trigger(recipe, id, atMs + 3 * HOUR);
    }
  }
  const scheduled = recipes.filter((recipe) => recipe.schedule.length > 0);
  if (scheduled.length === 0) return;
  const byName = new Map(scheduled.map((recipe) => [recipe.name, recipe]));
  for (let minute = 0; minute < 65; minute++) simulation.tick(byName, begin + minute * MINUTE);
}

/**
 * Guests prepare themselves once a run waits for them: those whose disk is put back write to it, and some power
 * themselves off. Nova sees it a while later, and changes the status alone.
 */
function prepareGuests(simulation: Simulation, seed: string): void {
  const isRestored = restoredOf(seed) !== null;
  if (poolOf(seed) !== "guests power off" && !isRestored) return;
  const { world } = simulation.cloud;
  const asked = new Set<string>();
  const before = simulation.onRunWritten;
  const write = (serverId: string, content: string) => {
    if (!isRestored || world.servers.get(serverId)?.vmState !== "active") return;
    for (const volume of world.volumes.values())
      if (volume.attachments.some((each) => each.serverId === serverId)) volume.content = content;
  };
  simulation.onRunWritten = (run) => {
    before?.(run);
    const isReady = run.recipe.prepare.restore === null || run.savedDisk?.readyAtMs != null;
    const isWaiting =
      run.step === "prepare-source" && run.locked && run.outcome === null && isReady;
    if (!isWaiting) return;
    for (const { id, name } of run.source?.servers ?? []) {
      const key = `${run.id} ${run.attempt} ${id}`;
      if (asked.has(key)) continue;
      asked.add(key);
      write(id, `half prepared for ${key}`);
      const seconds = powerOffSeconds(seed, name, run.id);
      if (seconds === null) continue;
      simulation.scheduler.atTime(simulation.nowMs + seconds * 1000, () => {
        const now = simulation.runs().find((each) => each.id === run.id);
        const server = world.servers.get(id);
        // Before the wish is stored, the run would rightly find a server that somebody had stopped.
        const item = simulation.table.get(sourceKey(id));
        const isWished = sourceSchema.parse(JSON.parse(item?.doc ?? "null")).wishedPower !== null;
        const isStill = now?.step === "prepare-source" && now.outcome === null && isWished;
        if (!isStill || server?.vmState !== "active" || server.taskState !== null) return;
        write(id, `prepared for ${key}`);
        simulation.cloud.operator.powerOffByGuest(id);
      });
    }
  };
}

/** At any time; or at the next moment at which a run has announced a call, or promotes its image. */
function cancelOne(simulation: Simulation, seed: string, place: string): void {
  if (!simulation.options.faults.happens(place, 0.15)) return;
  const atMs = simulation.nowMs + Math.floor(at(seed, place, "when") * HOUR);
  simulation.scheduler.atTime(atMs, () => {
    if (at(seed, place, "how") < 0.5) {
      const active = simulation.runs().filter((run) => run.outcome === null);
      const run = active[Math.floor(at(seed, place, "which") * active.length)];
      if (run !== undefined) simulation.cancel(run.id);
      return;
    }
    const kind = at(seed, place, "which") < 0.3 ? "promote-image" : "intent";
    const delayMs = Math.floor(at(seed, place, "delay") * 3000);
    simulation.onceRun(
      ({ step, intent }) => (kind === "intent" ? intent !== null : step === kind),
      ({ id }) => simulation.cancel(id, simulation.nowMs + delayMs),
    );
  });
}

/** A rollback or a revoke, at any time or while a run is about to promote. */
function changeCurrent(simulation: Simulation, seed: string, place: string): void {
  if (!simulation.options.faults.happens(place, 0.25)) return;
  const recipes = recipesOf(seed);
  const recipe = recipes[Math.floor(at(seed, place, "recipe") * recipes.length)];
  if (recipe === undefined) return;
  const choose = (recipeState: RecipeState) => {
    const { images, current } = recipeState;
    const retired = images.filter(({ state }) => state === "retired");
    const isRevoke = at(seed, place, "kind") < 0.3;
    const named = at(seed, place, "named") < (isRevoke ? 0.3 : 0.2);
    const image = retired[Math.floor(at(seed, place, "image") * retired.length)]?.id ?? null;
    if (isRevoke) return { kind: "revoke" as const, imageId: named ? image : current };
    return { kind: "rollback" as const, imageId: named ? image : null };
  };
  const ask = (atMs: number) => simulation.changeCurrent(recipe.name, place, choose, atMs);
  const atMs = simulation.nowMs + Math.floor(at(seed, place, "when") * 2 * HOUR);
  simulation.scheduler.atTime(atMs, () => {
    if (at(seed, place, "how") < 0.5) return ask(simulation.nowMs);
    const delayMs = Math.floor(at(seed, place, "delay") * 3000);
    const isNear = at(seed, place, "which") < 0.5;
    simulation.onceRun(
      ({ step, recipeName }) =>
        recipeName === recipe.name &&
        (!isNear || step === "promote-image" || step === "retire-images"),
      () => ask(simulation.nowMs + delayMs),
    );
  });
}
