import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { recipeDueAtMs } from "../../shared/image/due.ts";
import { addResources } from "../../shared/image/backing-resources.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { load, update } from "../../shared/protocol/actor.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import type { Recipe, Zone } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";
import { quietDeps } from "../unit/quiet-deps.ts";
import { K5Cloud, type SecondZone } from "./k5-cloud.ts";

const MAX_CHECKS = 400;

/** Regild at work on a K5-like cloud, message by message, on the cloud's own clock. */
export class K5Installation {
  readonly cloud: K5Cloud;
  readonly store = new MemoryStore();
  readonly logged: string[] = [];
  readonly deps: Deps;
  readonly volumeId: string;
  #runs = 0;

  constructor(secondZone: SecondZone = "a region") {
    const cloud = new K5Cloud(NOW, secondZone);
    this.cloud = cloud;
    this.volumeId = cloud.addVolume();
    const secondEntry = { ...cloud.config, name: "k5-b", regionNames: ["jp-east-1b"] };
    const random = seededRandom(7);
    const now = () => cloud.nowMs;
    const log = (message: string, fields: Record<string, unknown> = {}): void => {
      this.logged.push(`${message} ${JSON.stringify(fields)}`);
    };
    this.deps = {
      store: this.store,
      clouds: openClouds(new Map([cloud.config, secondEntry].map((is) => [is.name, is])), {
        http: () => cloud.http,
        now,
        timing,
      }),
      ...quietDeps(random),
      log: { info: log, warn: log, error: log },
      now,
    };
  }

  recipe(is: Partial<Recipe> = {}): Recipe {
    return recipe({
      cloud: "k5",
      region: null,
      source: { kind: "volume", idOrName: this.volumeId },
      capture: "volume",
      prepare: { ...recipe().prepare, stopServer: false },
      image: { ...recipe().image, diskFormat: "raw" },
      coolingOffMs: 0,
      ...is,
    });
  }

  /** Held to both zones, each by its image service. */
  zones(): Zone[] {
    const bySecond = this.cloud.secondZone === "a region";
    const first = bySecond ? { region: "jp-east-1a" } : { endpoint: "http://image1.k5/" };
    const second = bySecond ? { region: "jp-east-1b" } : { endpoint: "http://image2.k5/v2" };
    const blank = {
      region: null,
      endpoint: null,
      cloud: null,
      distribute: false,
      streamed: false,
      store: null,
    };
    return [
      { name: "a", ...blank, ...first },
      { name: "b", ...blank, ...second },
    ];
  }

  /** One run to its end. */
  async refresh(of: Recipe = this.recipe()): Promise<Run> {
    this.#runs += 1;
    const trigger = { kind: "command" as const, by: "anna", id: `anna ${this.#runs}` };
    const id = await start(this.deps, "home01home02", of, trigger);
    return this.follow(id);
  }

  async follow(id: string): Promise<Run> {
    for (let check = 0; check < MAX_CHECKS; check++) {
      const run = await this.run(id);
      if (run.outcome !== null) return run;
      this.cloud.nowMs = Math.max(this.cloud.nowMs, run.reconcileAtMs) + 1;
      const { version } = await this.#item(id);
      await reconcile(this.deps, refresh, { key: runKey(id), version }, new Map());
    }
    const { timeline } = await this.run(id);
    throw new Error(`${id} does not end: ${JSON.stringify(timeline.slice(-5))}`);
  }

  async run(id: string): Promise<Run> {
    return runSchema.parse(JSON.parse((await this.#item(id)).doc));
  }

  async #item(id: string) {
    const item = await this.store.get(runKey(id));
    if (item === null) throw new Error(`no run ${id}`);
    return item;
  }

  /** Ids of all runs of the recipe, in the order of their starts. */
  runIds(): string[] {
    const docs = [...this.store.table.items.values()].filter(({ key }) =>
      key.sk.startsWith("run#"),
    );
    const runs = docs.map(({ doc }) => runSchema.parse(JSON.parse(doc)));
    return runs.toSorted((a, b) => a.startedAtMs - b.startedAtMs).map(({ id }) => id);
  }

  async recipeState(): Promise<RecipeState> {
    const actor = await load(this.store, recipeStateKey("web"), recipeStateSchema);
    if (actor === null) throw new Error("no record of the recipe");
    return actor.doc;
  }

  /** A snapshot whose image is gone is to go as well. */
  async markSnapshot(id: string): Promise<void> {
    const { where } = (await this.recipeState()).images[0] ?? {};
    if (where === undefined) throw new Error("no image yet");
    const untried = { askedAtMs: null, missingSinceMs: null, refusedAtMs: null, why: null };
    const blank = { ...untried, imageId: null, test: null, disk: null };
    const state = "deleting" as const;
    const resource = {
      ...blank,
      kind: "snapshot" as const,
      id,
      run: "gone",
      where,
      state,
      sinceMs: 0,
    };
    await this.change((h) => addResources(h, [resource]));
  }

  async change(to: (recipeState: RecipeState) => RecipeState | null): Promise<void> {
    const before = await this.recipeState();
    await update(this.deps, recipeStateKey("web"), recipeStateSchema, before, to, (h) => ({
      sweepAtMs: recipeDueAtMs(h),
    }));
  }

  /** What the recipe does between runs, each time it is due, for so long. */
  async idle(forMs: number): Promise<void> {
    const untilMs = this.cloud.nowMs + forMs;
    while (await this.message(untilMs));
    const isBusy = (await this.recipeState()).activeRun !== null;
    if (!isBusy) this.cloud.nowMs = Math.max(this.cloud.nowMs, untilMs);
    this.cloud.settle();
  }

  /** The next message about the recipe. @returns false: none is due by then, or a run is at work. */
  async message(untilMs: number): Promise<boolean> {
    const actor = await load(this.store, recipeStateKey("web"), recipeStateSchema);
    const dueAtMs = actor?.sweepAtMs ?? Infinity;
    if (actor === null || dueAtMs > untilMs || actor.doc.activeRun !== null) return false;
    this.cloud.nowMs = Math.max(this.cloud.nowMs, dueAtMs) + 1;
    await reconcileRecipe(this.deps, actor);
    return true;
  }

  /** Ids of the images of each zone. */
  images(): string[][] {
    this.cloud.settle();
    return this.cloud.zones.map((zone) => [...zone.keys()]);
  }
}
