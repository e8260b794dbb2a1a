import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import type {
  HttpFailure,
  HttpRequest,
  HttpResponse,
  Ids,
  Store,
  Timing,
  Wake,
} from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { homeOf } from "../../shared/protocol/home.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { wake } from "../../shared/protocol/wake.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runKey, runSchema } from "../../shared/run/record.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MemoryQueues } from "../memory/queue.ts";
import { MemoryTable } from "../memory/store.ts";
import type { FaultPlan } from "./faults.ts";
import { stream } from "./random.ts";
import {
  type Answer,
  type Fault,
  type Parked,
  type Process,
  Scheduler,
  type TraceLine,
} from "./scheduler.ts";

export const TIMING: Timing = {
  windowMs: 10_000,
  callTimeoutMs: 60_000,
  skewMs: 10_000,
  graceMs: 900_000,
};
const VISIBILITY_MS = 360_000;
const SWEEP_MS = 60_000;
const PROCESSES = 3;
const START_MS = Date.UTC(2026, 10, 23, 9, 30);

export interface SimulationOptions {
  seed: string;
  faults: FaultPlan;
  /** Sources and knobs. */
  prepare: (cloud: SimulatedCloud) => void;
  /** Right before each request takes effect. */
  onRequest?: (request: HttpRequest) => void;
  /** After every effect. */
  onEffect?: () => void;
  keepTrace?: boolean;
  /** How often the queue delivers each message beyond once. */
  duplicates?: number;
}

/** The real steps, protocol and cloud adapters over a cloud, store and queue in memory, in one process, from one seed. */
export class Simulation {
  readonly scheduler = new Scheduler(START_MS);
  readonly table = new MemoryTable();
  readonly queues = new MemoryQueues();
  readonly cloud: SimulatedCloud;
  readonly trace: TraceLine[] = [];
  readonly logs: string[] = [];
  readonly options: SimulationOptions;
  home = "";
  private readonly random: () => number;
  private readonly processes: Worker[] = [];
  private generation = 0;
  private nextSweepMs = START_MS + SWEEP_MS;
  /** How often each actor was started: places of faults do not shift when another actor's fault is left out. */
  private readonly started = new Map<string, number>();

  private constructor(options: SimulationOptions) {
    this.options = options;
    this.random = stream(options.seed);
    const ids = stream(`${options.seed} cloud`);
    this.cloud = new SimulatedCloud({ now: () => this.scheduler.nowMs, random: ids });
    options.prepare(this.cloud);
  }

  static async open(options: SimulationOptions): Promise<Simulation> {
    const simulation = new Simulation(options);
    for (let i = 0; i < PROCESSES; i++) simulation.processes.push(simulation.newWorker());
    const store = directStore(simulation.table);
    simulation.home = await homeOf({ store, ids: idsOf(stream(`${options.seed} home`)) });
    return simulation;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** A trigger arrives: a person, a build system, or the same one once more. */
  trigger(recipe: Recipe, triggerId: string, atMs = this.nowMs): void {
    this.scheduler.atTime(atMs, () => {
      this.launch(`start ${triggerId}`, async (deps) => {
        await start(deps, this.home, recipe, { kind: "command", by: "simulation", id: triggerId });
      });
    });
  }

  cancel(runId: string, atMs = this.nowMs): void {
    this.scheduler.atTime(atMs, () =>
      this.table.mark(runKey(runId), { cancelAtMs: this.nowMs, sweepAtMs: this.nowMs }),
    );
  }

  async run(runId: string): Promise<Run> {
    const actor = await load(directStore(this.table), runKey(runId), runSchema);
    if (actor === null) throw new Error(`no run ${runId}`);
    return actor.doc;
  }

  runs(): Run[] {
    return [...this.table.items.values()]
      .filter((item) => item.key.sk.startsWith("run#"))
      .map((item) => runSchema.parse(JSON.parse(item.doc)));
  }

  /** Goes on until `done`, or until nothing is left to happen before `untilMs`. */
  async goOn(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await this.scheduler.quiet();
    while (!done() && this.nowMs < untilMs) {
      if (this.scheduler.runDue() || this.deliver() || this.sweepIfDue()) {
        await this.scheduler.quiet();
        continue;
      }
      const ready = this.scheduler.ready();
      const next = ready[Math.floor(this.random() * ready.length)];
      if (next !== undefined) {
        this.letThrough(next);
        await this.scheduler.quiet();
        continue;
      }
      if (!this.advance(untilMs)) return;
    }
  }

  // ------------------------------------------------------------------------------------------------

  private newWorker(): Worker {
    const name = `w${++this.generation}`;
    const clockOffsetMs = Math.floor((this.random() - 0.5) * TIMING.skewMs);
    const process: Process = { name, alive: true, actor: "", calls: 0, clockOffsetMs };
    return { process, busy: false, deps: this.depsOf(process) };
  }

  /** What a process has: its own clock, its own cloud sessions, and nothing that outlives it. */
  private depsOf(process: Process): Deps {
    const now = () => this.nowMs + process.clockOffsetMs;
    const ids = idsOf(stream(`${this.options.seed} ${process.name}`));
    const config = readClouds(
      { clouds: { path: "clouds.yaml", text: cloudsYaml(this.cloud, "sim") }, secure: null },
      {},
    );
    const http = { send: (request: HttpRequest) => this.http(process, request) };
    const log = (message: string, fields?: Record<string, unknown>) => {
      this.logs.push(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    return {
      store: this.storeOf(process),
      queue: {
        send: (queue, w, delay) =>
          this.gate(
            process,
            `queue ${queue} v${w.version}`,
            () => {
              for (let n = 0; n <= (this.options.duplicates ?? 0); n++) {
                this.queues.send(queue, w, this.nowMs + delay * 1000 + n * 700);
              }
            },
            this.toldByQueue(queue, w, delay),
          ),
      },
      clouds: openClouds(config.clouds, { http: () => http, now, timing: TIMING }),
      ids,
      log: { info: log, warn: log, error: log },
      timing: TIMING,
      now,
    };
  }

  private toldByQueue(queue: string, wake: Wake, delaySeconds: number): Told<void> {
    return (fault) => {
      if (fault.kind === "message-lost") return { answer: undefined, afterMs: 0, effect: false };
      if (fault.kind !== "message-doubled") return toldByStore(fault);
      const laterMs = Math.floor(this.random() * 120_000);
      this.queues.send(queue, wake, this.nowMs + delaySeconds * 1000 + laterMs);
      return { answer: undefined, afterMs: 0, effect: true };
    };
  }

  private storeOf(process: Process): Store {
    const { table } = this;
    const gate = <T>(call: string, effect: () => T) =>
      this.gate(process, `store ${call}`, effect, toldByStore);
    return {
      shards: 1,
      get: (key) => gate(`get ${key.pk} ${key.sk}`, () => table.get(key)),
      commit: (write, expected) =>
        this.gate(
          process,
          `store commit ${write.key.pk} ${write.key.sk} v${expected + 1}`,
          () => table.commit(write, expected),
          (fault) =>
            fault.kind === "refused-by-own-hand"
              ? { answer: "lost", afterMs: 0, effect: true }
              : toldByStore(fault),
        ),
      mark: (key, marks) => gate(`mark ${key.pk} ${key.sk}`, () => table.mark(key, marks)),
      due: (_shard, nowMs, limit) => gate("due", () => table.due(nowMs, limit)),
      range: (pk, prefix, limit, cursor = null) =>
        gate("range", () => table.range(pk, prefix, limit, cursor)),
      ended: (day, limit, cursor = null) => gate("ended", () => table.ended(day, limit, cursor)),
    };
  }

  private http(process: Process, request: HttpRequest): Promise<HttpResponse | HttpFailure> {
    const { pathname } = new URL(request.url);
    const action =
      request.body === undefined ? "" : ` ${/^\{"([\w-]+)"/.exec(request.body)?.[1] ?? ""}`;
    const effect = (): HttpResponse => {
      this.options.onRequest?.(request);
      return this.cloud.handle(request);
    };
    return this.gate<HttpResponse | HttpFailure>(
      process,
      `http ${request.method} ${pathname}${action}`,
      effect,
      toldByHttp(request),
    );
  }

  private gate<T>(process: Process, call: string, effect: () => T, told: Told<T>): Promise<T> {
    const place = `${process.actor} ${++process.calls}`;
    return new Promise<T>((resolve, reject) => {
      const answer = (given: T | Error): Answer => ({
        text: summary(given),
        deliver: () => (given instanceof Error ? reject(given) : resolve(given)),
      });
      this.scheduler.park({
        process,
        call,
        place,
        effect: () => answer(effect()),
        told: (fault) => {
          const hears = told(fault);
          return hears === undefined ? undefined : { ...hears, answer: answer(hears.answer) };
        },
      });
    });
  }

  private letThrough(parked: Parked): void {
    const { scheduler, options } = this;
    scheduler.nowMs += 1 + Math.floor(this.random() * 20);
    const fault = parked.paused ? undefined : options.faults.at(parked.place, parked.call);
    if (fault?.kind === "pause-before") {
      parked.paused = true;
      parked.notBeforeMs = this.nowMs + fault.seconds * 1000;
      this.note(parked, `paused ${fault.seconds} s before it`);
      return;
    }
    scheduler.take(parked);
    if (fault === undefined) this.answer(parked, this.effect(parked), 0);
    else this.meet(parked, fault);
  }

  private meet(parked: Parked, fault: Fault): void {
    if (fault.kind === "stop-before" || fault.kind === "stop-after") {
      if (fault.kind === "stop-after") this.effect(parked);
      this.note(parked, fault.kind);
      this.kill(parked.process);
      return;
    }
    if (fault.kind === "pause-after") {
      this.answer(
        parked,
        this.effect(parked),
        fault.seconds * 1000,
        `paused ${fault.seconds} s after it`,
      );
      return;
    }
    const told = parked.told(fault);
    if (told === undefined) return this.answer(parked, this.effect(parked), 0);
    if (told.effect) this.effect(parked);
    this.answer(parked, told.answer, told.afterMs, JSON.stringify(fault));
  }

  private effect(parked: Parked): Answer {
    const answer = parked.effect();
    this.options.onEffect?.();
    return answer;
  }

  private answer(parked: Parked, { text, deliver }: Answer, afterMs: number, how = text): void {
    this.note(parked, how);
    const hear = () => {
      if (parked.process.alive) deliver();
    };
    if (afterMs === 0) hear();
    else this.scheduler.atTime(this.nowMs + afterMs, hear);
  }

  private kill(process: Process): void {
    process.alive = false;
    const index = this.processes.findIndex((w) => w.process === process);
    if (index >= 0) this.processes[index] = this.newWorker();
  }

  private launch(
    actor: string,
    work: (deps: Deps) => Promise<void>,
    message?: { id: number },
  ): void {
    const idle = this.processes.find((w) => !w.busy);
    if (idle === undefined) {
      this.scheduler.atTime(this.nowMs + 100, () => this.launch(actor, work, message));
      return;
    }
    idle.busy = true;
    const often = (this.started.get(actor) ?? 0) + 1;
    this.started.set(actor, often);
    idle.process.actor = `${actor} #${often}`;
    idle.process.calls = 0;
    void this.finish(idle, work, message);
  }

  private async finish(
    worker: Worker,
    work: (deps: Deps) => Promise<void>,
    message?: { id: number },
  ): Promise<void> {
    try {
      await work(worker.deps);
      if (message !== undefined) this.queues.messages.delete(message.id);
    } catch (error) {
      this.logs.push(`${worker.process.actor} threw ${String(error)}`);
      this.thrown.push({ actor: worker.process.actor, error });
      const again = message === undefined ? undefined : this.queues.messages.get(message.id);
      if (again !== undefined) again.visibleAtMs = this.nowMs + 2000;
    }
    worker.busy = false;
  }
  deliveries = 0;
  readonly thrown: Array<{ actor: string; error: unknown }> = [];

  /** A message in no particular order, to a worker that has nothing to do. */
  private deliver(): boolean {
    if (!this.processes.some((w) => !w.busy)) return false;
    const visible = this.queues.visible(this.nowMs);
    const message = visible[Math.floor(this.random() * visible.length)];
    if (message === undefined) return false;
    message.visibleAtMs = this.nowMs + VISIBILITY_MS;
    message.receives++;
    this.deliveries++;
    const { wake: w } = message;
    this.launch(`${w.key.pk} ${w.key.sk} v${w.version}`, (deps) => wake(deps, refresh, w), message);
    return true;
  }

  private sweepIfDue(): boolean {
    if (this.nowMs < this.nextSweepMs) return false;
    this.nextSweepMs = this.nowMs + SWEEP_MS;
    if (this.table.due(this.nowMs + TIMING.skewMs, 1).length === 0) return false;
    this.launch("sweep", async (deps) => {
      await sweep(deps);
    });
    return true;
  }

  /** Nothing can happen now: on to the time when something can. */
  private advance(untilMs: number): boolean {
    const sweepable = this.table.due(Number.MAX_SAFE_INTEGER, 1)[0]?.sweepAtMs;
    const times = [
      this.scheduler.nextAtMs(),
      // With every worker busy or paused, a message that is there changes nothing.
      this.processes.some((w) => !w.busy) ? this.queues.nextVisibleAtMs() : null,
      sweepable === undefined ? null : Math.max(this.nextSweepMs, sweepable),
    ].flatMap((t) => (t === null ? [] : [t]));
    if (times.length === 0) return false;
    this.scheduler.nowMs = Math.min(untilMs, Math.max(this.nowMs + 1, Math.min(...times)));
    return true;
  }

  private note(parked: Parked, answer: string): void {
    if (this.options.keepTrace !== true) return;
    this.trace.push({
      atMs: this.nowMs,
      actor: `${parked.process.name} ${parked.process.actor}`,
      call: parked.call,
      answer,
    });
  }

  printTrace(): string {
    return this.trace
      .map(
        (l) =>
          `${((l.atMs - START_MS) / 1000).toFixed(2).padStart(9)}  ${l.actor}  ${l.call}  → ${l.answer}`,
      )
      .join("\n");
  }
}

interface Worker {
  process: Process;
  busy: boolean;
  deps: Deps;
}

function summary(result: unknown): string {
  if (result === null || result === undefined) return String(result);
  if (typeof result === "string") return result;
  if (typeof result === "object" && "status" in result) return String(result.status);
  if (typeof result === "object" && "version" in result) return `v${String(result.version)}`;
  return "ok";
}

/** What the caller of a call hears of a fault, and whether the effect takes place all the same. */
type Told<T> = (
  fault: Fault,
) => { answer: T | Error; afterMs: number; effect: boolean } | undefined;

/** Store and queue: an error, whether or not it was done. */
function toldByStore(
  fault: Fault,
): { answer: Error; afterMs: number; effect: boolean } | undefined {
  if (fault.kind !== "answer-lost" && fault.kind !== "request-lost") return undefined;
  return {
    answer: new Error("store: no answer"),
    afterMs: 1000,
    effect: fault.kind === "answer-lost",
  };
}

function toldByHttp({ timeoutMs }: HttpRequest): Told<HttpResponse | HttpFailure> {
  const afterMs = Math.min(timeoutMs, TIMING.callTimeoutMs);
  return (fault) => {
    if (fault.kind === "answer-lost")
      return { answer: failure(true, "no answer"), afterMs, effect: true };
    if (fault.kind === "request-lost")
      return { answer: failure(true, "no answer"), afterMs, effect: false };
    if (fault.kind === "not-sent")
      return { answer: failure(false, "connection refused"), afterMs: 0, effect: false };
    return fault.kind === "status"
      ? { answer: response(fault), afterMs: 0, effect: false }
      : undefined;
  };
}

function response({ status, retryAfter, html }: Extract<Fault, { kind: "status" }>): HttpResponse {
  const headers: Record<string, string> = { "x-openstack-request-id": "req-fault" };
  if (retryAfter !== undefined) headers["retry-after"] = retryAfter;
  return {
    kind: "response",
    status,
    headers,
    text: html === true ? "<html><body>Bad Gateway</body></html>" : "",
  };
}

function failure(sent: boolean, reason: string): HttpFailure {
  return { kind: "failure", sent, reason };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function idsOf(random: () => number): Ids {
  return {
    short: () => Array.from({ length: 6 }, () => ALPHABET[Math.floor(random() * 32)]).join(""),
    random,
  };
}

/** Without the gate: for looking in from outside. */
function directStore(table: MemoryTable): Store {
  return {
    shards: 1,
    get: async (key) => table.get(key),
    commit: async (write, expected) => table.commit(write, expected),
    mark: async (key, marks) => table.mark(key, marks),
    due: async (_shard, nowMs, limit) => table.due(nowMs, limit),
    range: async (pk, prefix, limit, cursor = null) => table.range(pk, prefix, limit, cursor),
    ended: async (day, limit, cursor = null) => table.ended(day, limit, cursor),
  };
}
