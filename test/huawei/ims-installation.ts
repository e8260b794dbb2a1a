import { seededRandom } from "../../local/simulated-cloud/random.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Http } from "../../shared/ports.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";
import { quietDeps } from "../unit/quiet-deps.ts";
import { ImsServer } from "./ims-server.ts";

const MAX_CHECKS = 400;

/** A call of the cloud or of the store that may change something. */
export type Around = <T>(act: () => Promise<T>) => Promise<T>;

/** Regild at work on a cloud with an IMS, message by message, on the cloud's own clock. */
export class ImsInstallation {
  readonly cloud = new ImsServer(NOW);
  readonly store = new MemoryStore();
  readonly serverId = this.cloud.addServer("web");
  /** Of the process that is at work. */
  deps: Deps;
  readonly #around: Around;
  readonly #random = seededRandom(7);
  #runs = 0;

  /** @param around of each call that may change something. */
  constructor(around: Around = (act) => act()) {
    this.#around = around;
    this.deps = this.#process();
  }

  /** Another process goes on: it has no token, and remembers no image. */
  restart(): void {
    this.deps = this.#process();
  }

  #process(): Deps {
    const { cloud, store } = this;
    const around = this.#around;
    const now = () => cloud.nowMs;
    const random = this.#random;
    const http: Http = {
      send: (request) =>
        request.method === "GET"
          ? cloud.http.send(request)
          : around(() => cloud.http.send(request)),
    };
    return {
      store: {
        shards: store.shards,
        get: (key) => store.get(key),
        commit: (write, version) => around(() => store.commit(write, version)),
        mark: (key, marks) => around(() => store.mark(key, marks)),
        due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
        range: (pk, prefix, limit, cursor) => store.range(pk, prefix, limit, cursor),
        ended: (day, limit, cursor) => store.ended(day, limit, cursor),
      },
      clouds: openClouds(
        new Map([cloud.config, cloud.farConfig].map((entry) => [entry.name, entry])),
        { http: () => http, now, timing },
      ),
      ...quietDeps(random),
      now,
    };
  }

  recipe(is: Partial<Recipe> = {}): Recipe {
    return recipe({
      cloud: "otc",
      region: null,
      source: { kind: "server", idOrName: "web" },
      capture: "system_disk",
      prepare: { ...recipe().prepare, stopServer: false },
      image: { ...recipe().image, name: "${{ recipe }}-${{ short_id }}", diskFormat: null },
      coolingOffMs: 0,
      ...is,
    });
  }

  async begin(of: Recipe = this.recipe()): Promise<string> {
    this.#runs += 1;
    const trigger = { kind: "command" as const, by: "anna", id: `anna ${this.#runs}` };
    return start(this.deps, "home01home02", of, trigger);
  }

  /** One run to its end. */
  async refresh(of: Recipe = this.recipe()): Promise<Run> {
    return this.follow(await this.begin(of));
  }

  /** To its end, or until it is as wished. */
  async follow(id: string, until: (run: Run) => boolean = () => false): Promise<Run> {
    for (let check = 0; check < MAX_CHECKS; check++) {
      const run = await this.run(id);
      if (run.outcome !== null || until(run)) return run;
      this.cloud.nowMs = Math.max(this.cloud.nowMs, run.reconcileAtMs) + 1;
      const item = await this.store.get(runKey(id));
      await reconcile(
        this.deps,
        refresh,
        { key: runKey(id), version: item?.version ?? 0 },
        new Map(),
      );
    }
    const { timeline } = await this.run(id);
    throw new Error(`${id} does not end: ${JSON.stringify(timeline.slice(-5))}`);
  }

  async cancel(id: string): Promise<void> {
    await this.store.mark(runKey(id), {
      cancelAtMs: this.cloud.nowMs,
      sweepAtMs: this.cloud.nowMs,
    });
  }

  async run(id: string): Promise<Run> {
    const item = await this.store.get(runKey(id));
    if (item === null) throw new Error(`no run ${id}`);
    return runSchema.parse(JSON.parse(item.doc));
  }

  async recipeState(): Promise<RecipeState> {
    const actor = await load(this.store, recipeStateKey("web"), recipeStateSchema);
    if (actor === null) throw new Error("no record of the recipe");
    return actor.doc;
  }

  /** What the recipe does between runs, each time it is due, for so long. */
  async idle(forMs: number): Promise<void> {
    const untilMs = this.cloud.nowMs + forMs;
    for (;;) {
      const actor = await load(this.store, recipeStateKey("web"), recipeStateSchema);
      const dueAtMs = actor?.sweepAtMs ?? Infinity;
      if (actor === null || dueAtMs > untilMs || actor.doc.activeRun !== null) break;
      this.cloud.nowMs = Math.max(this.cloud.nowMs, dueAtMs) + 1;
      await reconcileRecipe(this.deps, actor);
    }
    this.cloud.nowMs = Math.max(this.cloud.nowMs, untilMs);
    this.cloud.settle();
  }

  imageNames(): string[] {
    this.cloud.settle();
    return [...this.cloud.images.values()].map(({ name }) => name);
  }
}
