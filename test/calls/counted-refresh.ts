import * as z from "zod/mini";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { Clouds } from "../../shared/cloud-ports.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import type { StepName } from "../../shared/run/step-names.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { configOf } from "../contract/simulated-target.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";
import { quietDeps } from "../unit/quiet-deps.ts";

/** One request of a run to the cloud, and the step that made it. */
export interface CountedCall {
  step: StepName;
  /** `GET image /images/NEW`: ids are replaced by what they name. */
  call: string;
}

const ANSWER_MS = 25;
const UPLOAD_SECONDS = 60;
const MAX_MESSAGES = 100;

/** One recipe on a simulated cloud, message by message, as one host does it. */
export class CountedRefreshes {
  nowMs = NOW;
  readonly cloud = new SimulatedCloud({ now: () => this.nowMs, random: seededRandom(1) });
  calls: CountedCall[] = [];
  /** Most clouds have one image service, the simulated cloud has one in each of two zones. */
  hasOneImageService = true;
  /** Happens before the cloud answers. */
  onCall: (call: string) => void = () => {};
  readonly recipe: Recipe;
  readonly #store = new MemoryStore();
  readonly #http: Http;
  readonly #deps: Deps;
  /** Null: between two runs. */
  #at: StepName | null = null;
  #runs = 0;
  readonly #hosted: "one process" | "a process per step";
  readonly #processes = new Map<StepName, Clouds>();
  readonly #names = new Map<string, string>();

  /** @param hosted on AWS, each step runs in a process of its own. */
  constructor(
    kind: "image-backed" | "volume-backed",
    hosted: "one process" | "a process per step" = "one process",
  ) {
    this.#hosted = hosted;
    const { cloud } = this;
    cloud.settings.uploadSeconds = () => UPLOAD_SECONDS;
    const base = cloud.operator.addImage({ name: "base" });
    const root = cloud.operator.addVolume({ name: "web-root", image: base });
    const from = kind === "image-backed" ? { image: base } : { volumes: [root] };
    const server = cloud.operator.addServer({ name: "web-golden", ...from });
    this.#names.set(base.id, "BASE").set(root.id, "VOLUME").set(server.id, "SERVER");
    this.recipe = recipe({ keep: 2, coolingOffMs: 0 });
    const http = asHttp(cloud);
    this.#http = {
      send: async (request) => {
        this.nowMs += ANSWER_MS;
        if (this.#at !== null) {
          this.onCall(callOf(request));
          this.calls.push({ step: this.#at, call: callOf(request) });
        }
        const answer = await http.send(request);
        return this.hasOneImageService ? withOneImageService(answer) : answer;
      },
    };
    const random = seededRandom(2);
    this.#deps = {
      store: this.#store,
      clouds: this.#process(),
      ...quietDeps(random),
      now: () => this.nowMs,
    };
  }

  #process(): Clouds {
    const { cloud } = this;
    const configs = new Map([["mycloud", configOf(cloud, cloud.demo)]]);
    return openClouds(configs, { http: () => this.#http, now: () => this.nowMs, timing });
  }

  #processOf(step: StepName): Clouds {
    const process = this.#processes.get(step) ?? this.#process();
    this.#processes.set(step, process);
    return process;
  }

  /** As if the process had begun anew: it knows no token, no catalog and no version. */
  newProcess(): void {
    this.#deps.clouds = this.#process();
  }

  /** One run to its end. Then the recipe's own checks of the ten minutes after it, which are not counted. */
  async refresh(): Promise<Run> {
    this.calls = [];
    this.#runs += 1;
    const trigger = { kind: "command" as const, by: "anna", id: `anna ${this.#runs}` };
    const id = await start(this.#deps, "home01home02", this.recipe, trigger);
    for (let message = 0; message < MAX_MESSAGES; message++) {
      const run = await this.#run(id);
      if (run.outcome !== null) {
        await this.#idle(600_000);
        this.#nameIds(run);
        return run;
      }
      this.nowMs = Math.max(this.nowMs, run.reconcileAtMs) + 1;
      const item = await this.#store.get(runKey(id));
      this.#at = run.step;
      if (this.#hosted === "a process per step") this.#deps.clouds = this.#processOf(run.step);
      await reconcile(this.#deps, refresh, { key: runKey(id), version: item?.version ?? 0 });
      this.#at = null;
    }
    throw new Error(`${id} does not end`);
  }

  #nameIds({ candidate, replacedImageId, imagesRetired }: Run): void {
    const names = new Map(this.#names);
    if (candidate !== null) names.set(candidate.id, "NEW");
    if (replacedImageId !== null) names.set(replacedImageId, "OLD");
    for (const id of imagesRetired) names.set(id, "OLDER");
    this.calls = this.calls.map(({ step, call }) => {
      const named = [...names].reduce((text, [id, name]) => text.replaceAll(id, name), call);
      return { step, call: named.replace(/(?<=\/snapshots\/)[\w-]{36}/, "SNAPSHOT") };
    });
  }

  async #run(id: string): Promise<Run> {
    const item = await this.#store.get(runKey(id));
    if (item === null) throw new Error(`no run ${id}`);
    return runSchema.parse(JSON.parse(item.doc));
  }

  async #idle(forMs: number): Promise<void> {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const actor = await load(this.#store, recipeStateKey("web"), recipeStateSchema);
      const dueAtMs = actor?.sweepAtMs ?? Infinity;
      if (actor === null || dueAtMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, dueAtMs) + 1;
      await reconcileRecipe(this.#deps, actor);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

/** `/image/az1/v2/images/ID?limit=9` of the simulated cloud as `image /images/ID?limit=9`. */
function callOf({ method, url }: HttpRequest): string {
  const { pathname, search } = new URL(url);
  const [, service = "", path = ""] =
    /^\/(identity|compute|volume|image\/\w+)(?:\/v[\d.]+(?:\/\w{32})?)?(\/.*)$/.exec(pathname) ??
    [];
  return `${method} ${service.replace(/\/\w+$/, "")} ${path}${decodeURIComponent(search)}`;
}

const catalogSchema = z.looseObject({
  token: z.looseObject({
    catalog: z.array(
      z.looseObject({ endpoints: z.array(z.looseObject({ region_id: z.string() })) }),
    ),
  }),
});

function withOneImageService(answer: HttpResponse | HttpFailure): HttpResponse | HttpFailure {
  if (answer.kind === "failure" || !answer.text.startsWith('{"token"')) return answer;
  const { token } = catalogSchema.parse(JSON.parse(answer.text));
  for (const service of token.catalog)
    service.endpoints = service.endpoints.filter(({ region_id: region }) => region !== "az2");
  return { ...answer, text: JSON.stringify({ token }) };
}
