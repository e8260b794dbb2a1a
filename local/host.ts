import * as z from "zod/mini";
import type { Backend } from "../shared/lambda/backend.ts";
import { cloudAbout } from "../shared/protocol/cloud-about.ts";
import type { SqliteQueue } from "../shared/sqlite/queue.ts";
import { ownWiring } from "#functions";
import { call, type Handler, load } from "./function.ts";
import { Heartbeat, SILENT_AFTER_MS } from "./heartbeat.ts";
import { QueueWorker } from "./queue-worker.ts";
import { readsInTurns } from "./reads-in-turns.ts";
import { RequestsFirst } from "./requests-first.ts";
import { StoreTrouble } from "./store-trouble.ts";
import { takeOver } from "./take-over.ts";
import type { WiredFunction, Wiring } from "./wiring.ts";

/**
 * Gap between two sweeps. They are cheap on SQLite, so they run more often than on AWS and find a lost message
 * sooner.
 */
const TICK_MS = 5_000;
/** Batches at work at once, for each step and cloud. */
const CONCURRENCY = 16;

interface Scheduled {
  name: string;
  handler: Handler;
  everyMs: number;
  nextAtMs: number;
}

/** Settings of a host. Its process holds the host lock of the data file. */
export interface HostOptions {
  backend: Backend;
  queue: SqliteQueue;
  /** Called with every tick, for the upkeep of the database. */
  housekeeping?: () => Promise<void>;
  /** Functions that do not run. A command that does its own work starts nothing by schedule. */
  without?: readonly string[];
  /** Requests that others wait for. Absent: this process answers none. */
  requests?: RequestsFirst;
}

/**
 * One machine's Lambda and SQS: runs the functions of serverless.yml on their queues and schedules, in this process.
 */
export class Host {
  private readonly workers = new Map<string, QueueWorker>();
  private readonly scheduled: Scheduled[] = [];
  private readonly options: HostOptions;
  private readonly heartbeat: Heartbeat;
  private readonly trouble: StoreTrouble;
  private readonly requests: RequestsFirst;
  private tickTimer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> = Promise.resolve();
  private tickedAtMs = performance.now();

  private constructor(options: HostOptions) {
    this.options = options;
    this.trouble = new StoreTrouble(options.backend.log);
    this.requests = options.requests ?? new RequestsFirst();
    const kind = options.without === undefined ? "serve" : "command";
    this.heartbeat = new Heartbeat(options.backend, kind);
  }

  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    await host.heartbeat.beat();
    await takeOver({ ...options.backend, queue: options.queue });
    const wiring = ownWiring();
    for (const wired of wiring.functions) {
      if (wired.queue === null && wired.everyMinutes === null) continue;
      if (options.without?.includes(wired.name)) continue;
      const handler = await load(wired);
      if (wired.everyMinutes !== null) {
        // Does with every tick what AWS does every minute.
        const everyMs = wired.everyMinutes === 1 ? 0 : wired.everyMinutes * 60_000;
        host.scheduled.push({ name: wired.name, handler, everyMs, nextAtMs: 0 });
      }
      if (wired.queue !== null)
        host.workers.set(wired.name, host.worker(wired.name, wired.queue, handler, wiring));
    }
    options.queue.onSend = (queue, delaySeconds) => {
      if (delaySeconds === 0) host.workers.get(queue)?.wake();
    };
    for (const worker of host.workers.values()) worker.wakeIn(0);
    host.tick();
    return host;
  }

  /** False: the schedules were not checked for minutes, because something hangs. */
  get isAlive(): boolean {
    return performance.now() - this.tickedAtMs < SILENT_AFTER_MS;
  }

  get takesWrites(): boolean {
    return this.trouble.takesWrites;
  }

  /** Waits for the batches at work, and starts nothing more. */
  async stop(): Promise<void> {
    clearTimeout(this.tickTimer);
    await this.ticking;
    clearTimeout(this.tickTimer);
    for (const worker of this.workers.values()) await worker.stop();
    this.options.backend.transfers?.stopAll();
    await this.heartbeat.stop().catch((error: unknown) => this.trouble.failed("heartbeat", error));
  }

  private worker(
    name: string,
    { batchSize, windowSeconds }: NonNullable<WiredFunction["queue"]>,
    handler: Handler,
    { visibilitySeconds, maxReceives, timeoutSeconds }: Wiring,
  ): QueueWorker {
    const { backend, queue } = this.options;
    return new QueueWorker({
      name,
      queue,
      batchSize,
      windowMs: windowSeconds * 1000,
      concurrency: CONCURRENCY,
      laneOf: (body) => cloudAbout(backend, body),
      timeLimitMs: timeoutSeconds * 1000,
      visibilitySeconds,
      maxReceives,
      now: () => backend.now(),
      turn: () => this.requests.whenNone(),
      handle: async (event) => batchResponse.parse(await call(backend, name, handler, event)),
      failed: (error) => this.trouble.failed("queue", error, { queue: name }),
    });
  }

  private tick(): void {
    this.ticking = this.runScheduled().finally(() => {
      this.tickedAtMs = performance.now();
      this.tickTimer = setTimeout(() => this.tick(), TICK_MS);
    });
  }

  private async runScheduled(): Promise<void> {
    const { backend, housekeeping } = this.options;
    try {
      if (await this.heartbeat.beat()) this.trouble.wrote();
      for (const each of this.scheduled) {
        const now = backend.now();
        if (now < each.nextAtMs) continue;
        each.nextAtMs = now + each.everyMs;
        // A schedule goes through all recipes.
        const inTurns = { ...backend, store: readsInTurns(backend.store) };
        await call(inTurns, each.name, each.handler, {});
      }
      const wait = this.requests.whenNone();
      if (wait !== null) await wait;
      await housekeeping?.();
    } catch (error) {
      this.trouble.failed("schedule", error);
    }
  }
}

const batchResponse = z.optional(
  z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }),
);
