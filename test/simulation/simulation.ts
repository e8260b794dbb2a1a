import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { reconcileCallback } from "../../shared/callback/reconcile-callback.ts";
import { reconcileHook } from "../../shared/hook/reconcile-hook.ts";
import { MESSAGE_PREFIX, NOTIFICATION_STATE } from "../../shared/notification/state-key.ts";
import type { Mailer } from "../../shared/notify/mail.ts";
import { reconcileMessage } from "../../shared/notify/reconcile-message.ts";
import { reconcileNews } from "../../shared/notify/reconcile-news.ts";
import { applyNotifications } from "../../shared/protocol/apply-notifications.ts";
import { askForChange, type Asking } from "../../shared/commands/change-current.ts";
import {
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import type { HttpRequest, Log, Store, ReconcileRequest } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { installationIdOf } from "../../shared/protocol/installation-id.ts";
import { startScheduled } from "../../shared/protocol/on-schedule.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { noteTrouble } from "../../shared/protocol/trouble.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOOK_PREFIX } from "../../shared/run/hook.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { listAhead } from "../../shared/steps/list-ahead.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MemoryQueues, type QueuedMessage } from "../memory/queue.ts";
import { MemoryTable } from "../memory/store.ts";
import { Coverage } from "./coverage.ts";
import { type Bounds, type Fault, type FaultPlan, labelOf, WITHIN } from "./faults.ts";
import { at, stream } from "./random.ts";
import { type Parked, type Process, Scheduler } from "./scheduler.ts";
import { depsOf } from "./deps.ts";
import { type Behind, type GatedCall, idsOf, stepIn } from "./seam.ts";
import { type HookEvent, HookReceiver } from "./hooks.ts";
import { TARGETS } from "./people.ts";
import { CALLBACKS, outgoingOf, type Telling } from "./told.ts";
import { Trace } from "./trace.ts";

export { TIMING } from "./seam.ts";

const SWEEP_MS = 60_000;
const PROCESSES = 3;
export const START_MS = Date.UTC(2026, 10, 23, 9, 30);
/** As the queues are set up: a message received more often is a dead letter. */
const MAX_RECEIVES = 5;
const DEAD_LETTERS = "dead-letters";
/** Messages that one invocation takes at most. */
const BATCH = 4;
/** No seed needs more: one that does never comes to rest. */
const MAX_EFFECTS = 200_000;
/** After so many deliveries the cause of a poisoned message is fixed. */
const POISON_DELIVERIES = 8;

/** What a person chooses who sees this record. Null: nothing. */
type ChoiceOf = (recipeState: RecipeState) => Pick<Asking, "kind" | "imageId"> | null;

export interface SimulationOptions {
  seed: string;
  faults: FaultPlan;
  /** Sources and knobs. */
  prepare: (cloud: SimulatedCloud) => void;
  /** A worker calls the cloud; what becomes of it is decided later. */
  onCalled?: (request: HttpRequest) => void;
  /** Right before a call takes effect, whatever it calls. */
  onCall?: (process: Process) => void;
  /** Right before each request takes effect. */
  onRequest?: (request: HttpRequest, process: Process) => void;
  /** After every effect. */
  onEffect?: () => void;
  /** Before the queue takes a message. */
  onSend?: (queue: string, request: ReconcileRequest) => void;
  /** A build or a Git host took what it was told of a run. */
  onTold?: (telling: Telling) => void;
  /** A hook was asked, or has said something. */
  onHook?: (event: HookEvent) => void;
  /** Somebody else has done something to a thing in the cloud. */
  onActed?: (what: string, id: string) => void;
  /** A sweep has come to its end. */
  onSwept?: () => void;
  keepTrace?: boolean;
  /** Whether processes send content by themselves. Default: true. */
  sendsContent?: boolean;
  /** How often the queue delivers each message beyond once. */
  duplicates?: number;
  /** How long a message is hidden from others while somebody works on it. */
  visibilitySeconds?: number;
  bounds?: Bounds;
  transientFailures?: (nowMs: number) => ReturnType<Behind["transientFailures"]>;
}

const FAIR = { isDown: false, isLagging: false };

interface Worker {
  process: Process;
  busy: boolean;
  deps: Deps;
}

/** The real steps, protocol and cloud adapters over a cloud, store and queue in memory, in one process, from one seed. */
export class Simulation {
  readonly scheduler = new Scheduler(START_MS);
  readonly table = new MemoryTable();
  readonly queues = new MemoryQueues();
  readonly cloud: SimulatedCloud;
  readonly trace: Trace;
  readonly logs: string[] = [];
  readonly thrown: Array<{ actor: string; error: unknown }> = [];
  readonly coverage = new Coverage();
  readonly options: SimulationOptions;
  installationId = "";
  deliveries = 0;
  effects = 0;
  private readonly behind: Behind;
  private readonly processes: Worker[] = [];
  private generation = 0;
  private nextSweepMs = START_MS + SWEEP_MS;
  private sweeps = 0;
  /** How often each actor was started: places of faults do not shift when another actor's fault is left out. */
  private readonly started = new Map<string, number>();
  private readonly poisoned = new Map<string, number>();

  private constructor(options: SimulationOptions) {
    this.options = options;
    this.trace = new Trace(options.keepTrace === true, START_MS);
    const ids = stream(`${options.seed} cloud`);
    const nowMs = () => this.scheduler.nowMs;
    this.cloud = new SimulatedCloud({ now: nowMs, random: ids });
    options.prepare(this.cloud);
    const { table, queues, cloud } = this;
    const hooks = new HookReceiver(this, (event) => options.onHook?.(event));
    this.behind = {
      seed: options.seed,
      startMs: START_MS,
      table,
      queues,
      cloud,
      nowMs,
      atTime: (atMs, happen) => this.scheduler.atTime(atMs, happen),
      sendsContent: options.sendsContent ?? true,
      duplicates: options.duplicates ?? 0,
      log: this.log(),
      transientFailures: () => options.transientFailures?.(this.nowMs) ?? FAIR,
      onCalled: (request) => options.onCalled?.(request),
      onRun: (doc) => this.summaryOfRun(doc),
      onRequest: (request, process) => options.onRequest?.(request, process),
      onTold: (telling) => options.onTold?.(telling),
      takeHook: (request) => hooks.take(request),
      onSend: (queue, message) => options.onSend?.(queue, message),
      gate: (process, call) => this.gate(process, call),
    };
  }

  static async open(options: SimulationOptions): Promise<Simulation> {
    const simulation = new Simulation(options);
    for (let i = 0; i < PROCESSES; i++) simulation.processes.push(simulation.newWorker());
    const store = directStore(simulation.table);
    simulation.installationId = await installationIdOf({
      store,
      ids: idsOf(stream(`${options.seed} home`)),
    });
    return simulation;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** A trigger arrives: a person, a build system, or the same one once more. */
  trigger(recipe: Recipe, triggerId: string, atMs = this.nowMs): void {
    this.scheduler.atTime(atMs, () => {
      this.launch(`start ${triggerId}`, "start", async (deps) => {
        await start(deps, this.installationId, recipe, {
          kind: "command",
          by: "simulation",
          id: triggerId,
        });
      });
    });
  }

  /** People are told of the recipe from now on, as the start of a host does it. */
  async tellPeople(recipe: Recipe): Promise<void> {
    const ids = idsOf(stream(`${this.options.seed} people ${recipe.name}`));
    // An end that a slow clock of a worker writes down is later than this.
    const sinceMs = this.nowMs - (this.options.bounds ?? WITHIN).clockMs;
    const ports = { store: directStore(this.table), ids, now: () => sinceMs };
    await applyNotifications(ports, recipe);
  }

  /** The clock's tick, once a minute. */
  tick(recipes: ReadonlyMap<string, Recipe>, atMs: number): void {
    this.scheduler.atTime(atMs, () => {
      this.launch("tick", "on-schedule", async (deps) => {
        await startScheduled(deps, this.installationId, recipes);
      });
    });
  }

  cancel(runId: string, atMs = this.nowMs): void {
    this.scheduler.atTime(atMs, () => {
      this.note("operator", `cancel ${runId}`, "asked for");
      this.table.mark(runKey(runId), { cancelAtMs: this.nowMs, sweepAtMs: this.nowMs });
    });
  }

  /** A person runs a command. It may die at any of its calls, as a worker may. */
  command(
    id: string,
    work: (deps: Deps & { installationId: string }) => Promise<void>,
    atMs = this.nowMs,
  ): void {
    this.scheduler.atTime(atMs, () => {
      this.launch(`command ${id}`, "command", (deps) =>
        work({ ...deps, installationId: this.installationId }),
      );
    });
  }

  /** A person asks for another current image: back to an earlier one, or without the current one for good. */
  changeCurrent(recipeName: string, id: string, asking: ChoiceOf, atMs = this.nowMs): void {
    const ask = async (deps: Deps) => {
      const recipeState = await load(deps.store, recipeStateKey(recipeName), recipeStateSchema);
      const choice = recipeState === null ? null : asking(recipeState.doc);
      if (recipeState === null || choice === null) return;
      const from = recipeState.doc.current;
      await askForChange(deps, recipeName, { ...choice, from, by: "anna", reason: id });
    };
    this.command(id, ask, atMs);
  }

  /** The next time that a run is written down of which this holds. */
  onceRun(holds: (run: Run) => boolean, act: (run: Run) => void): void {
    this.waiting.push({ holds, act });
  }
  private waiting: Array<{ holds: (run: Run) => boolean; act: (run: Run) => void }> = [];

  /** Each time that a run is written down. */
  onRunWritten: ((run: Run) => void) | null = null;

  private summaryOfRun(doc: string): void {
    this.onRunWritten?.(runSchema.parse(JSON.parse(doc)));
    if (this.waiting.length === 0) return;
    const run = runSchema.parse(JSON.parse(doc));
    const [next] = this.waiting;
    if (run.outcome !== null || next?.holds(run) !== true) return;
    this.waiting = this.waiting.slice(1);
    next.act(run);
  }

  async run(runId: string): Promise<Run> {
    const actor = await load(directStore(this.table), runKey(runId), runSchema);
    if (actor === null) throw new Error(`no run ${runId}`);
    return actor.doc;
  }

  recipeState(recipeName: string): RecipeState | null {
    const { pk, sk } = recipeStateKey(recipeName);
    const item = [...this.table.items.values()].find(({ key }) => key.pk === pk && key.sk === sk);
    return item === undefined ? null : recipeStateSchema.parse(JSON.parse(item.doc));
  }

  runs(): Run[] {
    return [...this.table.items.values()]
      .filter((item) => item.key.sk.startsWith("run#"))
      .map((item) => runSchema.parse(JSON.parse(item.doc)));
  }

  /** Goes on until `done`, or until nothing is left to happen before `untilMs`. */
  async goOn(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await this.scheduler.quiet();
    while (!done() && this.nowMs < untilMs && !this.isRestless) {
      if (this.scheduler.runDue() || this.deliver() || this.sweepIfDue()) {
        await this.scheduler.quiet();
        continue;
      }
      const next = this.scheduler.next();
      if (next !== undefined) {
        this.letThrough(next);
        await this.scheduler.quiet();
        continue;
      }
      if (!this.advance(untilMs)) return;
    }
  }

  get isRestless(): boolean {
    return this.effects > MAX_EFFECTS;
  }

  /** A line of the history that is no call: what an operator does, or the cloud by itself. */
  note(actor: string, call: string, answer: string): void {
    this.trace.add({ atMs: this.nowMs, actor, call, answer: () => answer });
  }

  // ---------------------------------------------------------------------------------------- the gate

  private gate<T>(
    process: Process,
    { kind, call, effect, told, takesMs = () => 0 }: GatedCall<T>,
  ): Promise<T> {
    const { scheduler, coverage } = this;
    coverage.offered(process.role, kind);
    return new Promise<T>((resolve, reject) => {
      const act = (): T => {
        this.options.onCall?.(process);
        const given = effect();
        this.effects++;
        this.options.onEffect?.();
        return given;
      };
      const answer = (given: T | Error, afterMs = 0) => {
        const hear = () => {
          if (!process.alive) return;
          if (given instanceof Error) reject(given);
          else resolve(given);
        };
        if (afterMs === 0) hear();
        else scheduler.atTime(this.nowMs + afterMs, hear);
      };
      const tell = (how: () => string) => {
        this.trace.add({ atMs: this.nowMs, actor: nameOf(process), call, answer: how });
      };
      const meet = (fault: Fault | undefined): void => {
        this.options.onCall?.(process);
        if (fault?.kind === "stop-before" || fault?.kind === "stop-after") {
          if (fault.kind === "stop-after") act();
          tell(() => fault.kind);
          return this.kill(process);
        }
        if (fault?.kind === "pause-after") {
          const given = act();
          tell(() => `${summary(given)}, and it is paused for ${fault.seconds} s`);
          return answer(given, fault.seconds * 1000);
        }
        const hears = fault === undefined ? undefined : told(fault);
        if (hears === undefined) {
          const given = act();
          tell(() => summary(given));
          return answer(given, takesMs(given));
        }
        const given = hears.effect === "now" ? act() : undefined;
        if (typeof hears.effect === "object")
          scheduler.atTime(this.nowMs + hears.effect.laterMs, () => {
            act();
            this.note(nameOf(process), call, "takes place only now");
          });
        const label = fault === undefined ? "" : labelOf(fault);
        tell(() => `${label}${hears.effect === "now" ? ", done" : ""}`);
        const spoilt = given === undefined ? undefined : hears.spoil?.(given);
        answer(spoilt ?? hears.answer(), hears.afterMs);
      };
      const place = `${process.actor} ${++process.calls}`;
      const { nowMs } = scheduler;
      const turn = at(this.options.seed, place, "turn");
      scheduler.park({ process, kind, call, place, turn, notBeforeMs: nowMs, paused: false, meet });
    });
  }

  private letThrough(parked: Parked): void {
    const { scheduler, options, coverage } = this;
    const { process, place, call, kind } = parked;
    scheduler.nowMs += 1 + Math.floor(parked.turn * 20);
    const fault = parked.paused ? undefined : options.faults.at(place, call, kind);
    if (fault !== undefined) coverage.met(process.role, fault);
    if (fault?.kind === "pause-before") {
      parked.paused = true;
      parked.notBeforeMs = this.nowMs + fault.seconds * 1000;
      this.note(nameOf(process), call, `it is paused for ${fault.seconds} s before`);
      return;
    }
    scheduler.take(parked);
    parked.meet(fault);
  }

  // ----------------------------------------------------------------------------------------- workers

  private newWorker(): Worker {
    const name = `w${++this.generation}`;
    const { clockMs } = this.options.bounds ?? WITHIN;
    const clockOffsetMs = Math.floor((at(this.options.seed, name, "clock") - 0.5) * 2 * clockMs);
    const process: Process = { name, alive: true, actor: "", role: "", calls: 0, clockOffsetMs };
    return { process, busy: false, deps: depsOf(process, this.behind) };
  }

  private log(): Log {
    const log = (message: string, fields?: Record<string, unknown>) => {
      this.logs.push(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    return { info: log, warn: log, error: log };
  }

  private kill(process: Process): void {
    process.alive = false;
    const index = this.processes.findIndex((w) => w.process === process);
    if (index >= 0) this.processes[index] = this.newWorker();
  }

  private launch(actor: string, role: string, work: (deps: Deps) => Promise<void>): void {
    const idle = this.processes.find((w) => !w.busy);
    if (idle === undefined) {
      this.scheduler.atTime(this.nowMs + 100, () => this.launch(actor, role, work));
      return;
    }
    idle.busy = true;
    this.begin(idle.process, actor, role);
    void this.finish(idle, work);
  }

  private begin(process: Process, actor: string, role: string): void {
    const often = (this.started.get(actor) ?? 0) + 1;
    this.started.set(actor, often);
    Object.assign(process, { actor: `${actor} #${often}`, role, calls: 0 });
  }

  private async finish(worker: Worker, work: (deps: Deps) => Promise<void>): Promise<void> {
    try {
      await work(worker.deps);
    } catch (error) {
      this.threw(worker.process, error);
    }
    worker.busy = false;
  }

  private threw(process: Process, error: unknown): void {
    this.note(nameOf(process), "throws", String(error));
    this.logs.push(`${process.actor} threw ${String(error)}`);
    this.thrown.push({ actor: process.actor, error });
  }

  /** Messages in no particular order, to a worker that has nothing to do. */
  private deliver(): boolean {
    const idle = this.processes.find((w) => !w.busy);
    if (idle === undefined) return false;
    const visible = this.queues.visible(this.nowMs);
    const turnOf = (m: QueuedMessage) =>
      at(this.options.seed, nameOfMessage(m), m.receives, "turn");
    const inTurn = visible.map((m) => ({ m, turn: turnOf(m) })).toSorted((a, b) => a.turn - b.turn);
    const [first] = inTurn;
    if (first === undefined) return false;
    const { queue } = first.m;
    const batch = inTurn
      .flatMap(({ m }) => (m.queue === queue ? [m] : []))
      .slice(0, 1 + Math.floor(at(this.options.seed, nameOfMessage(first.m), "batch") * BATCH));
    const dead = queue === DEAD_LETTERS ? [] : batch.filter((m) => m.receives >= MAX_RECEIVES);
    for (const message of dead) Object.assign(message, { queue: DEAD_LETTERS, receives: 0 });
    const alive = batch.filter((m) => !dead.includes(m));
    for (const message of alive) {
      message.visibleAtMs = this.nowMs + (this.options.visibilitySeconds ?? 360) * 1000;
      message.receives++;
      this.deliveries++;
    }
    if (alive.length === 0) return true;
    this.launch(`batch of ${alive.map(nameOfMessage).join(", ")}`, queue, (deps) =>
      this.work(deps, idle.process, alive),
    );
    return true;
  }

  /** As the functions' edges do: a list call for the batch, then one message after the other. */
  private async work(deps: Deps, process: Process, batch: QueuedMessage[]): Promise<void> {
    const isBatched = batch[0]?.queue === "check-status";
    const listed = isBatched
      ? await listAhead(
          deps,
          batch.map((message) => message.request),
        )
      : undefined;
    const done: QueuedMessage[] = [];
    for (const message of batch) {
      const { request: w, queue, receives } = message;
      this.begin(process, nameOfMessage(message), this.roleOf(message));
      try {
        if (queue === DEAD_LETTERS)
          await handleDeadLetter(deps, { body: JSON.stringify(w), queue: null });
        else if (this.isPoisoned(message)) throw new Error("store: this cannot be processed");
        else if (queue === "notify") await this.tell(deps, process, w);
        else await reconcile(deps, refresh, w, listed);
        done.push(message);
      } catch (error) {
        this.threw(process, error);
        if (queue !== DEAD_LETTERS && queue !== "notify") await noteTrouble(deps, w, error);
        message.visibleAtMs = this.nowMs + 1000 * 2 ** receives;
      }
    }
    for (const { id } of done) this.queues.messages.delete(id);
  }

  private tell(deps: Deps, process: Process, request: ReconcileRequest): Promise<void> {
    const outgoing = outgoingOf(process, this.behind);
    const { log } = this.behind;
    const on = { ...deps, log, outgoing, callbacks: async () => CALLBACKS };
    const people = { ...on, mailer: NO_MAILER, targets: async () => TARGETS };
    const { sk } = request.key;
    if (sk.startsWith(HOOK_PREFIX)) return reconcileHook(on, request);
    if (sk.startsWith(MESSAGE_PREFIX)) return reconcileMessage(people, request);
    return sk === NOTIFICATION_STATE
      ? reconcileNews(people, request)
      : reconcileCallback(on, request);
  }

  private isPoisoned(message: QueuedMessage): boolean {
    const name = nameOfMessage(message);
    const { faults } = this.options;
    const role = this.roleOf(message);
    this.coverage.offered(role, "delivery");
    const deliveries = (this.poisoned.get(name) ?? 0) + 1;
    if (deliveries === 1) {
      const fault = faults.at(`delivery of ${name}`, `delivery of ${name}`, "delivery");
      if (fault === undefined) return false;
      this.coverage.met(role, fault);
    }
    this.poisoned.set(name, deliveries);
    return deliveries <= POISON_DELIVERIES;
  }

  /** The function that takes the message, as statistics name it. */
  private roleOf({ request: { key }, queue }: Pick<QueuedMessage, "request" | "queue">): string {
    if (queue === DEAD_LETTERS) return DEAD_LETTERS;
    if (queue === "notify") return "notify";
    if (key.sk === "head") return "recipe";
    if (key.sk === "lock") return "source";
    return stepIn(this.table.get(key)?.doc ?? "");
  }

  private sweepIfDue(): boolean {
    if (this.nowMs < this.nextSweepMs) return false;
    this.nextSweepMs = this.nowMs + SWEEP_MS;
    if (this.table.due(this.nowMs + 10_000, 1).length === 0) return false;
    const twice = this.options.faults.happens(`sweep ${++this.sweeps} twice at once`, 0.05);
    for (let n = 0; n < (twice ? 2 : 1); n++) {
      this.launch("sweep", "sweep", async (deps) => {
        await sweep(deps);
        this.options.onSwept?.();
      });
    }
    return true;
  }

  /** Nothing can happen now: on to the time when something can. */
  private advance(untilMs: number): boolean {
    const sweepable = this.table.nextSweepAtMs();
    const times = [
      this.scheduler.nextAtMs(),
      // With every worker busy or paused, a message that is there changes nothing.
      this.processes.some((w) => !w.busy) ? this.queues.nextVisibleAtMs() : null,
      sweepable === null ? null : Math.max(this.nextSweepMs, sweepable),
    ].flatMap((t) => (t === null ? [] : [t]));
    if (times.length === 0) return false;
    this.scheduler.nowMs = Math.min(untilMs, Math.max(this.nowMs + 1, Math.min(...times)));
    return true;
  }

  printTrace(): string {
    return this.trace.print();
  }
}

function nameOfMessage({ request: { key, version }, queue }: QueuedMessage): string {
  return `${queue === DEAD_LETTERS ? "dead " : ""}${key.pk} ${key.sk} v${version}`;
}

function nameOf({ name, actor }: Process): string {
  return `${name} ${actor}`;
}

function summary(result: unknown): string {
  if (result === null || result === undefined) return String(result);
  if (typeof result === "string") return result;
  if (typeof result !== "object") return "ok";
  if ("status" in result) return String(result.status);
  return "version" in result ? `v${String(result.version)}` : "ok";
}

const NO_MAILER: Mailer = {
  send: async () => {
    throw new Error("no target of the simulation gets mail");
  },
};

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
