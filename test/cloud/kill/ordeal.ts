import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLoaded } from "../../../local/cli/clouds.ts";
import { loadClouds } from "../../../local/clouds-files.ts";
import { openInstallation } from "../../../local/installation.ts";
import { seededRandom } from "../../../local/simulated-cloud/random.ts";
import type { Backend } from "../../../shared/lambda/backend.ts";
import { loadRecipes } from "../../../shared/recipe/load.ts";
import { requestCancel } from "../../../shared/protocol/cancel.ts";
import type { Run } from "../../../shared/run/record.ts";
import { type Operator, operator } from "../operator.ts";
import { signIn, type TestCloud } from "../sign-in.ts";
import { type Inventory, inventory, removeAll } from "../support.ts";
import type { Evidence } from "./evidence.ts";
import { makeGolden } from "./golden.ts";
import { KilledHost } from "./host.ts";
import { attemptsWatched, pending, readRecords, runsUnderWay } from "./records.ts";
import { Refreshes } from "./refreshes.ts";
import { type Met, Seams } from "./seams.ts";
import { ShownImages } from "./shown-images.ts";

/** One kill: at which call, or null: whenever it was; and the runs it met. */
export interface Kill {
  met: Met | null;
  runs: Run[];
  /** The run whose request was held back was cancelled as well. */
  cancelled: boolean;
}

export interface OrdealOptions {
  cloudName: string;
  /** In the name of everything that is made. */
  mark: string;
  /** For the data file and the host's log. */
  folder: string;
  seed: number;
  /** See `SeamsOptions`. */
  holdMs: number | null;
  /** Leave everything in the cloud. */
  keep: boolean;
}

const SHORTEST_LIFE_MS = 200;
const LONGEST_LIFE_MS = 8_000;
/** So long a call to be killed at is waited for, and the create of an image, which a run comes to only once. */
const CALL_WITHIN_MS = 15_000;
const CREATE_WITHIN_MS = 180_000;
/** So long the first runs are waited for. */
const FIRST_RUNS_WITHIN_MS = 300_000;
/** Of the runs whose request was held back. */
const CANCELLED = 1 / 3;

/** A host between the cloud and who kills it, and refreshes without end. */
export class Ordeal implements AsyncDisposable {
  readonly shown: ShownImages;
  readonly host: KilledHost;
  private readonly cloud: TestCloud;
  private readonly before: Inventory;
  private readonly backend: Backend;
  private readonly seams: Seams;
  private readonly refreshes: Refreshes;
  private readonly lab: Operator | null = operator();
  private readonly undo: AsyncDisposableStack;
  /** When to kill, and how slow uploads are. */
  private readonly plan: () => number;
  private readonly pace: () => number;
  private readonly isHolding: boolean;

  private constructor(
    is: Pick<Evidence, "before"> & {
      cloud: TestCloud;
      backend: Backend;
      host: KilledHost;
      seams: Seams;
      undo: AsyncDisposableStack;
      isHolding: boolean;
      random: (stream: number) => () => number;
    },
  ) {
    this.cloud = is.cloud;
    this.before = is.before;
    this.backend = is.backend;
    this.host = is.host;
    this.seams = is.seams;
    this.undo = is.undo;
    this.isHolding = is.isHolding;
    this.plan = is.random(1);
    this.pace = is.random(2);
    this.shown = new ShownImages(is.cloud, this.names);
    this.refreshes = new Refreshes(is.backend, is.random(3));
    this.undo.defer(() => this.refreshes.stop());
    this.undo.defer(() => this.lab?.uploads());
    this.host.start();
  }

  static async open(options: OrdealOptions): Promise<Ordeal> {
    const { cloudName, mark, folder, seed, keep, holdMs } = options;
    await using undo = new AsyncDisposableStack();
    const random = (stream: number): (() => number) => seededRandom(seed * 10 + stream);
    const cloud = await signIn(cloudName);
    if (!keep) undo.defer(() => removeAll(cloud, mark));
    const recipes = JSON.stringify({ recipes: await makeGolden(cloud, cloudName, mark) });
    const before = await inventory(cloud);

    const cloudsFile = join(folder, "clouds.yaml");
    const host = new KilledHost(folder, cloudsFile);
    const kill = (): Promise<void> => host.kill();
    const seams = undo.use(await Seams.open(cloud, cloudName, { random: random(0), kill, holdMs }));
    undo.defer(kill);
    writeFileSync(cloudsFile, seams.cloudsYaml, { mode: 0o600 });
    writeFileSync(join(folder, "recipes.yml"), recipes); // JSON is YAML
    const loaded = loadRecipes(recipes, "recipes.yml");
    if (!("recipes" in loaded)) throw new Error(JSON.stringify(loaded));
    const { backend, close } = await openInstallation({
      dataFile: host.dataFile,
      clouds: openLoaded(loadClouds({ env: process.env, cwd: folder, home: homedir() }), Date.now),
      recipes: loaded.recipes,
      log: { info: () => {}, warn: console.warn, error: console.error },
    });
    undo.defer(close);
    return new Ordeal({
      cloud,
      before,
      backend,
      host,
      seams,
      random,
      isHolding: holdMs !== null,
      undo: undo.move(),
    });
  }

  /**
   * Lets the first run of each recipe succeed: by then Regild knows that the cloud keeps image ids. Before, it asks by
   * names, which stand no request that comes minutes late.
   */
  async firstRuns(): Promise<void> {
    const endMs = Date.now() + FIRST_RUNS_WITHIN_MS;
    const isWaiting = async (): Promise<boolean> => {
      const { recipeStates } = await readRecords(this.backend.store, this.names);
      const shown = recipeStates.filter(({ current }) => current !== null);
      return shown.length < this.names.length;
    };
    while (Date.now() < endMs && (await isWaiting())) await sleep(1_000);
  }

  /** Lets the host live for a while, kills it, and starts it again at once. */
  async kill(): Promise<Kill> {
    this.lab?.uploads({ queuedSeconds: this.pace() * 2, savingSeconds: 2 + this.pace() * 10 });
    const atCall = this.isHolding || this.plan() < 1 / 2;
    const lifeMs = SHORTEST_LIFE_MS + this.plan() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
    if (atCall) await this.host.serving();
    else await sleep(lifeMs);
    const withinMs = this.isHolding ? CREATE_WITHIN_MS : CALL_WITHIN_MS;
    const met = atCall ? await this.seams.killAtCall(withinMs) : null;
    await this.host.kill();
    const runs = await runsUnderWay(this.backend.store);
    const heldOf = met?.heldOf;
    const cancelled = heldOf !== undefined && this.plan() < CANCELLED;
    if (cancelled) await requestCancel(this.backend, heldOf, "test:cloud:kill");
    this.host.start();
    await this.shown.observe();
    return { met, runs, cancelled };
  }

  /** Starts no more runs, and lets the host do what is still to be done. @param tell is told how it goes. */
  async end(withinMs: number, tell: (left: string[]) => void): Promise<Evidence> {
    await this.refreshes.stop();
    await this.seams.settled();
    const { store, recipes } = this.backend;
    const watched = this.isHolding ? attemptsWatched(await readRecords(store, this.names)) : [];
    const endMs = Date.now() + withinMs;
    for (let toldMs = 0; ;) {
      const records = await readRecords(store, this.names);
      const unchecked = attemptsWatched(records).filter((one) => watched.includes(one));
      const left = [...pending(records), ...unchecked];
      if (left.length === 0 || Date.now() > endMs) break;
      if (Date.now() > toldMs + 15_000) {
        tell(left);
        toldMs = Date.now();
      }
      await sleep(500);
    }
    return {
      recipes,
      before: this.before,
      after: await inventory(this.cloud),
      births: this.seams.births,
      records: await readRecords(store, this.names),
      delivered: this.refreshes.delivered,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.undo.disposeAsync();
  }

  private get names(): string[] {
    return [...this.backend.recipes.keys()];
  }
}
