import { setTimeout as sleep } from "node:timers/promises";
import type { FauxqsServer } from "fauxqs";
import type { Clock } from "./clock.ts";
import type { EventSource } from "./event-source.ts";
import type { Front } from "./front.ts";
import type { HttpApi } from "./http-api.ts";
import type { LambdaFunction } from "./lambda.ts";
import type { Entry } from "../event-bridge.ts";
import type { Schedule } from "./schedule.ts";
import type { StreamSource } from "./stream-source.ts";

export interface Parts {
  clock: Clock;
  front: Front;
  /** The front's URL: all of AWS. */
  endpoint: string;
  functions: LambdaFunction[];
  sources: EventSource[];
  streams: StreamSource[];
  /** What the event bus has taken. */
  told: Entry[];
  schedules: Schedule[];
  httpApi: HttpApi;
  sqs: FauxqsServer;
  queueNames: string[];
}

/** In which something may happen that nobody rings the bell for: a message has become visible. */
const POLL_MS = 50;

/** The clock's jump when nothing is ahead. */
const NOTHING_AHEAD_MS = 60_000;

/** The template while it is up. Nothing happens but in `turn`. */
export class Stack {
  /** How often each batch is handed over at once: SQS delivers at least once. */
  copies = 1;
  /** Whether the event bus takes what it is given. */
  takesEvents = true;
  readonly parts: Parts;
  private readonly atWork = new Set<Promise<void>>();
  private bell = Promise.withResolvers<void>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** @param name as serverless.yml has it: what the function's name ends in. @throws Error */
  function(name: string): LambdaFunction {
    const found = this.parts.functions.find((one) => one.name.endsWith(`-${name}`));
    if (found === undefined) throw new Error(`the template has no function ${name}`);
    return found;
  }

  /** What hands this step's messages to its function. @throws Error */
  source(step: string): EventSource {
    const found = this.parts.sources.find(({ queueArn }) => queueArn.endsWith(`-${step}`));
    if (found === undefined) throw new Error(`the template has no queue ${step}`);
    return found;
  }

  /** Schedules start nothing any more: hours without them are passed in no time. */
  stopSchedules(): void {
    for (const schedule of this.parts.schedules) schedule.atMs = Number.POSITIVE_INFINITY;
  }

  /** What was refused, and what invocations ended with an error. */
  get troubles(): string[] {
    const { functions, front } = this.parts;
    const errors = functions.flatMap(({ name, errors }) => errors.map((one) => `${name}: ${one}`));
    return [...front.denied, ...errors];
  }

  track(work: Promise<void>): void {
    this.atWork.add(work);
    void work.finally(() => {
      this.atWork.delete(work);
      this.ring();
    });
  }

  /** A message was sent. */
  noteSent(queueArn: string): void {
    for (const source of this.parts.sources) {
      if (source.queueArn === queueArn) source.wanted = true;
    }
    this.ring();
  }

  /** Lets happen all that is due, until nothing is at work any more; then the clock jumps to what happens next. */
  async turn(): Promise<void> {
    const { clock, sources, streams, schedules } = this.parts;
    for (;;) {
      for (const schedule of schedules) {
        const work = schedule.tick(clock.now());
        if (work !== null) this.track(work);
      }
      await Promise.all([...sources, ...streams].map((source) => source.poll()));
      if (this.atWork.size > 0) {
        await Promise.race([this.bell.promise, sleep(POLL_MS)]);
        continue;
      }
      const nextAtMs = this.nextAtMs();
      if (nextAtMs > clock.now()) {
        clock.jumpTo(nextAtMs);
        return;
      }
    }
  }

  /** Turn after turn. @throws Error when it does not come true in so much of the clock's time. */
  async until(isTrue: () => Promise<boolean>, is: { withinMinutes: number }): Promise<void> {
    const giveUpAtMs = this.parts.clock.now() + is.withinMinutes * 60_000;
    while (!(await isTrue())) {
      if (this.parts.clock.now() > giveUpAtMs)
        throw new Error(`not within ${is.withinMinutes} minutes`);
      await this.turn();
    }
  }

  /** When anything happens next, now or earlier included. Whoever receives it then is told to look. */
  private nextAtMs(): number {
    const { sources, streams, schedules, sqs, queueNames, clock } = this.parts;
    const times = [
      ...schedules.map(({ atMs }) => atMs),
      ...[...sources, ...streams].flatMap(({ handsOverAtMs }) => handsOverAtMs ?? []),
    ];
    const shown = new Map<EventSource, number>();
    for (const name of queueNames) {
      const queue = sqs.inspectQueue(name);
      const source = sources.find(({ queueArn }) => queueArn === queue?.arn);
      if (queue === undefined || source === undefined) continue;
      const { ready, delayed, inflight } = queue.messages;
      let atMs = ready.length > 0 ? clock.now() : Number.POSITIVE_INFINITY;
      for (const { delayUntil = 0 } of delayed) atMs = Math.min(atMs, delayUntil);
      for (const { visibilityDeadline } of inflight) atMs = Math.min(atMs, visibilityDeadline);
      shown.set(source, atMs);
    }
    const nextAtMs = Math.min(...times, ...shown.values());
    for (const [source, atMs] of shown) if (atMs <= nextAtMs) source.wanted = true;
    return Number.isFinite(nextAtMs) ? nextAtMs : clock.now() + NOTHING_AHEAD_MS;
  }

  private ring(): void {
    this.bell.resolve();
    this.bell = Promise.withResolvers<void>();
  }
}
