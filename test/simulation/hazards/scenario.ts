import assert from "node:assert/strict";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../../shared/image/recipe-state.ts";
import { recipeDueAtMs } from "../../../shared/image/due.ts";
import { promote } from "../../../shared/image/promotion.ts";
import { loadRecipes } from "../../../shared/recipe/load.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../../shared/run/record.ts";
import { Checker } from "../checker.ts";
import { type Bounds, type FaultPlan, type ScriptedFault, scripted, WITHIN } from "../faults.ts";
import { Simulation } from "../simulation.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const CREATE_IMAGE = /POST \S+ createImage/;
export const STOP = /POST \S+ os-stop/;

const SECRETS = ["demo-secret"];

/** Something else that happens right when a call gets through, before its effect. */
interface Moment {
  call: RegExp;
  /** The how-manieth such call, from 1. */
  nth?: number;
  while?: () => boolean;
  happens: () => void;
}

export interface ScenarioOptions {
  /** Fields of the recipe `web`, as a YAML mapping without braces. */
  recipe?: string;
  /** More recipes by their names. */
  recipes?: Record<string, string>;
  prepare?: (cloud: SimulatedCloud) => void;
  faults?: (scenario: () => Scenario) => ScriptedFault[];
  /** Befalls every call it is given for, as long as it is. */
  always?: (call: string, scenario: Scenario, place: string) => ScriptedFault["fault"] | undefined;
  /** Whether every service answers 503, and whether a Glance has not heard of any image yet. */
  transientFailures?: (scenario: Scenario) => { isDown?: boolean; isLagging?: boolean };
  moments?: (scenario: () => Scenario) => Moment[];
  duplicates?: number;
  seed?: string;
  bounds?: Bounds;
  /** Whether processes send content by themselves. Default: true. */
  sendsContent?: boolean;
}

const STOPPED_WEB = "server: web, prepare: { stop_server: true }, keep: 1, cooling_off: 0s";

/**
 * A cloud with a server `web` on a local disk, a server `db` on two volumes and a volume `data`, a recipe or more for
 * them, and what goes wrong. Uploads take a minute.
 */
export async function scenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const box: { scenario?: Scenario } = {};
  const opened = () => {
    if (box.scenario === undefined) throw new Error("the simulation is not open yet");
    return box.scenario;
  };
  const calls: string[] = [];
  const simulation = await Simulation.open({
    seed: options.seed ?? "hazard",
    faults: planOf(options, opened, calls),
    keepTrace: true,
    duplicates: options.duplicates ?? 0,
    bounds: options.bounds ?? WITHIN,
    sendsContent: options.sendsContent ?? true,
    transientFailures: () => ({
      isDown: false,
      isLagging: false,
      ...options.transientFailures?.(opened()),
    }),
    prepare: (cloud) => {
      addSources(cloud);
      options.prepare?.(cloud);
    },
    onCall: (process) => box.scenario?.checker.requestBy(process),
    onCalled: (request) => box.scenario?.checker.called(request),
    onRequest: (request) => box.scenario?.checker.request(request),
    onSend: (queue, request) => box.scenario?.checker.sent(queue, request),
    onSwept: () => box.scenario?.checker.swept(),
    onEffect: () => {
      box.scenario?.checker.effect();
      box.scenario?.watch();
    },
  });
  box.scenario = new Scenario(simulation, recipesOf(options), calls);
  return box.scenario;
}

function addSources({ settings, operator }: SimulatedCloud): void {
  settings.uploadSeconds = () => 60;
  const image = operator.addImage({ name: "base" });
  operator.addServer({ name: "web", image });
  const volumes = [
    operator.addVolume({ name: "db-root", image }),
    operator.addVolume({ name: "db-data" }),
  ];
  operator.addServer({ name: "db", volumes });
  operator.addVolume({ name: "data" });
}

function recipesOf({ recipe = STOPPED_WEB, recipes = {} }: ScenarioOptions): Map<string, Recipe> {
  const lines = Object.entries({ web: recipe, ...recipes }).map(
    ([name, fields]) => `  ${name}: { ${fields} }\n`,
  );
  const text = `defaults: { cloud: sim }\nrecipes:\n${lines.join("")}`;
  const loaded = loadRecipes(text, "recipes.yml");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  return loaded.recipes;
}

function planOf(options: ScenarioOptions, opened: () => Scenario, calls: string[]): FaultPlan {
  const plan = scripted(options.faults?.(opened) ?? []);
  const moments = (options.moments?.(opened) ?? []).map((moment) => ({ ...moment, seen: 0 }));
  return {
    ...plan,
    at: (...is) => {
      const [place, call] = is;
      calls.push(call);
      for (const moment of moments) {
        if (!moment.call.test(call) || moment.while?.() === false) continue;
        moment.seen++;
        if (moment.seen === (moment.nth ?? 1)) moment.happens();
      }
      return options.always?.(call, opened(), place) ?? plan.at(...is);
    },
  };
}

/** One simulation with its checker, and the words in which hazards are told. */
export class Scenario {
  readonly simulation: Simulation;
  checker: Checker;
  readonly begin: number;
  private readonly recipes: Map<string, Recipe>;
  /** Every call that the program made, with or without an effect. */
  private readonly calls: string[];
  /** Ids of what other people made or did away with, and rules: the checker's word on these is left out. */
  private readonly others = new Set<string>();
  private readonly watchers: Array<() => void> = [];

  constructor(simulation: Simulation, recipes: Map<string, Recipe>, calls: string[]) {
    this.simulation = simulation;
    this.checker = new Checker(simulation, SECRETS);
    this.begin = simulation.nowMs;
    this.recipes = recipes;
    this.calls = calls;
  }

  get cloud(): SimulatedCloud {
    this.simulation.cloud.settle();
    return this.simulation.cloud;
  }

  // ---------------------------------------------------------------------------- what people do

  start(trigger = "t1", afterMs = 0, recipeName = "web"): void {
    this.simulation.trigger(this.recipe(recipeName), trigger, this.begin + afterMs);
  }

  recipe(name: string): Recipe {
    const recipe = this.recipes.get(name);
    if (recipe === undefined) throw new Error(`no recipe ${name}`);
    return recipe;
  }

  /** A recipe is changed, or added. */
  rewrite(fields: string, name = "web"): void {
    for (const [known, changed] of recipesOf({ recipes: { [name]: fields } }))
      if (known === name) this.recipes.set(name, changed);
  }

  at(afterMs: number, happens: () => void): void {
    this.simulation.scheduler.atTime(this.begin + afterMs, happens);
  }

  after(delayMs: number, happens: () => void): void {
    this.simulation.scheduler.atTime(this.simulation.nowMs + delayMs, happens);
  }

  /** Cancels the newest run of `web` so long after this first held of it. */
  cancelWhen(holds: (run: Run) => boolean, delayMs = 0): void {
    let isCancelled = false;
    this.always(() => {
      const run = isCancelled ? undefined : this.run();
      if (run === undefined || !holds(run)) return;
      isCancelled = true;
      this.simulation.cancel(run.id, this.simulation.nowMs + delayMs);
    });
  }

  /** After every effect. */
  always(observe: () => void): void {
    this.watchers.push(observe);
  }
  watch(): void {
    for (const observe of this.watchers) observe();
  }

  /** A queue gives out none of its messages until then. */
  delayMessages(queue: string, untilMs: number): void {
    for (const message of this.simulation.queues.messages.values())
      if (message.queue === queue) message.visibleAtMs = this.begin + untilMs;
  }

  /** A copy of the data file, as a backup keeps it. @returns what puts it back in place of everything since. */
  backup(): () => void {
    const { table } = this.simulation;
    const copy = structuredClone([...table.items]);
    return () => {
      table.items.clear();
      for (const [key, item] of copy) table.items.set(key, structuredClone(item));
      this.checker = new Checker(this.simulation, SECRETS);
    };
  }

  /** The records of runs have expired, and long before them every message. */
  forgetRuns(): void {
    const { table, queues } = this.simulation;
    for (const [key, item] of table.items)
      if (item.key.sk.startsWith("run#")) table.items.delete(key);
    for (const { id, request } of queues.messages.values())
      if (request.key.sk.startsWith("run#")) queues.messages.delete(id);
  }

  /** A rule that this history breaks by its nature. */
  excuse(rule: string): void {
    this.others.add(rule);
  }

  /** Says that an image, snapshot or volume is another's affair. */
  notOurs<T extends { id: string }>(thing: T): T {
    this.others.add(thing.id);
    this.checker.operatorActed("made or changed by hand", thing.id);
    return thing;
  }

  /** The pointer is moved by hand, by the inventory's own rule. @returns whether the inventory allowed it. */
  rollBack(imageId: string): boolean {
    this.excuse("only a person goes back"); // by a request, which a hand in the record does not leave
    const { table, nowMs } = this.simulation;
    const item = table.get(recipeStateKey("web"));
    const recipeState = this.recipeState();
    const changed = promote(recipeState, imageId, nowMs, {
      rules: recipeState.rules,
      uploadSeconds: null,
    });
    if (item === null || changed === null) return false;
    const doc = JSON.stringify(changed);
    const write = { ...item, doc, writeId: "by hand", sweepAtMs: recipeDueAtMs(changed) };
    return table.commit(write, item.version) === "won";
  }

  // ------------------------------------------------------------------------------ what is to be seen

  /** The newest run of a recipe, once there is one. */
  run(recipeName = "web"): Run | undefined {
    return this.runs(recipeName).at(-1);
  }

  /** In the order in which they started. */
  runs(recipeName = "web"): Run[] {
    const prefix = `R#${recipeName}\nrun#`;
    const items = [...this.simulation.table.items].filter(([key]) => key.startsWith(prefix));
    return items
      .map(([key, { doc }]) => this.read(key, doc))
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  }

  /** Watchers ask after every effect, and most effects change no run. */
  private read(key: string, doc: string): Run {
    const last = this.lastRead.get(key);
    if (last?.doc === doc) return last.run;
    const run = runSchema.parse(JSON.parse(doc));
    this.lastRead.set(key, { doc, run });
    return run;
  }
  private readonly lastRead = new Map<string, { doc: string; run: Run }>();

  isIn(step: Run["step"]): boolean {
    return this.run()?.step === step;
  }

  recipeState(recipeName = "web"): RecipeState {
    const item = this.simulation.table.get(recipeStateKey(recipeName));
    return recipeStateSchema.parse(JSON.parse(item?.doc ?? "null"));
  }

  /** Of the image that `web` shows now. */
  current(): Image {
    return this.image(this.recipeState().current ?? "none");
  }

  image(id: string): Image {
    const image = this.cloud.world.firstZone.images.get(id);
    if (image === undefined) throw new Error(`no image ${id}`);
    return image;
  }

  /** Ids of all images there are but the one that the servers were built from, oldest first. */
  images(): string[] {
    const images = [...this.cloud.world.firstZone.images.values()];
    return images.filter((i) => i.name !== "base").map((i) => i.id);
  }

  /** Ids of the images that consumers find. */
  shown(): string[] {
    const images = [...this.cloud.world.firstZone.images.values()];
    return images.filter((i) => i.tags.includes("regild-current-web")).map((i) => i.id);
  }

  /** Names of all snapshots there are. */
  snapshots(): string[] {
    return [...this.cloud.world.snapshots.values()].map((snapshot) => snapshot.name);
  }

  /** Images made so far but the one that the servers were built from, and the empty ones that use an id up. */
  made(): number {
    return this.cloud.world.journal.filter(
      (e) =>
        e.event === "created" &&
        e.resource === "image" &&
        e.name !== "base" &&
        !e.name.startsWith("regild-fence-"),
    ).length;
  }

  server(name: string) {
    const found = [...this.cloud.world.servers.values()].find((server) => server.name === name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  }

  /** How often the program sent such a call, answered or not. */
  sent(call: RegExp): number {
    return this.calls.filter((c) => call.test(c)).length;
  }

  // --------------------------------------------------------------------------------------- the history

  async until(afterMs: number): Promise<void> {
    // Time stands still when nothing is left to happen.
    this.at(afterMs, () => {});
    await this.simulation.goOn(this.begin + afterMs);
  }

  /** Until nothing is due any more; then everything the checker knows must hold. @returns outcomes of `web`. */
  async finish(afterMs = 60 * HOUR): Promise<Array<Run["outcome"]>> {
    await this.until(afterMs);
    this.checker.end();
    const others = [...this.others];
    const broken = this.checker.violations.filter(
      ({ rule, what }) => !others.some((other) => rule === other || what.includes(other)),
    );
    assert.deepEqual(broken.slice(0, 5), []);
    return this.runs().map((run) => run.outcome);
  }
}
