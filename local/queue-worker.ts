import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Received, SqliteQueue } from "../shared/sqlite/queue.ts";
import { ownTurn } from "./own-turn.ts";

/** Longest gap between two looks into the queue: another process, such as a command, may have sent messages. */
const POLL_MS = 500;
/** Most batches of one lane that wait in memory. More go back into the queue until about their turn. */
const MAX_HELD = 100;
/** Messages that are received at once, also in small batches, because each receive waits for the disk. */
const RECEIVED_AT_ONCE = 50;
/** Messages whose records are read in one turn of the event loop. */
const READ_IN_A_TURN = 5;
/** A message goes back for so long. Later than the longest, a cloud that is quick again would wait for its messages. */
const PUT_OFF_SECONDS = { least: 0.2, most: 10 };
/** Weight of a batch that has ended, in the mean of its lane. */
const NEWEST_WEIGHT = 0.2;
const MAX_BACK_OFF_MS = 30_000;
const DEAD_LETTERS = "dead-letters";

export interface WorkerOptions {
  name: string;
  queue: SqliteQueue;
  batchSize: number;
  windowMs: number;
  /** Most batches of one lane at work at once. */
  concurrency: number;
  /** Names the lane of a message, usually its cloud. One lane never waits for another. */
  laneOf: (body: string) => Promise<string>;
  /** Longest time for a batch, as on Lambda. */
  timeLimitMs: number;
  visibilitySeconds: number;
  maxReceives: number;
  now: () => number;
  /** Resolves when the worker may take messages or begin a batch. Null, absent: it may now. */
  turn?: () => Promise<void> | null;
  handle: (event: SQSEvent) => Promise<SQSBatchResponse | void>;
  failed: (error: unknown) => void;
}

interface Lane {
  busy: number;
  held: Received[][];
  /** How long a batch takes, of late. 0: none has ended yet. */
  meanMs: number;
  /** When the last message that went back into the queue is expected to have its turn. */
  lineEndsAtMs: number;
}

/**
 * Passes one queue's messages to its function, as Lambda's event source mapping does. Uses one timer, however many
 * messages wait. Each lane has its own workers, so that a cloud that does not answer delays no other.
 */
export class QueueWorker {
  private readonly options: WorkerOptions;
  private readonly atWork = new Set<Promise<void>>();
  private readonly lanes = new Map<string, Lane>();
  private pumping: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Number.POSITIVE_INFINITY;
  private stopped = false;
  /** Failed receives in a row. */
  private failures = 0;

  constructor(options: WorkerOptions) {
    this.options = options;
  }

  /** Receives messages after this many milliseconds at the latest. */
  wakeIn(ms: number): void {
    const { now } = this.options;
    const atMs = now() + ms;
    if (this.stopped || atMs >= this.timerAtMs) return;
    clearTimeout(this.timer);
    this.timerAtMs = atMs;
    this.timer = setTimeout(() => {
      this.timerAtMs = Number.POSITIVE_INFINITY;
      this.startPump();
    }, ms);
  }

  /** A message has arrived. */
  wake(): void {
    this.wakeIn(0);
  }

  /** Starts no new batch. Resolves when the batches at work are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.pumping;
    const held = [...this.lanes.values()].flatMap((lane) => lane.held.splice(0));
    await this.putOff(held.flat(), 0);
    await Promise.all(this.atWork);
  }

  private startPump(): void {
    this.pumping ??= this.pump()
      .catch((error: unknown) => {
        this.options.failed(error);
        this.failures += 1;
        this.wakeIn(this.backOffMs());
      })
      .finally(() => {
        this.pumping = undefined;
      });
  }

  private async pump(): Promise<void> {
    const { queue, name, batchSize, visibilitySeconds, now, turn } = this.options;
    const waitMs = this.untilBatchIsWhole();
    if (waitMs > 0) return this.wakeIn(waitMs);
    while (!this.stopped) {
      const wait = turn?.() ?? null;
      if (wait !== null) await wait;
      const received = await this.trying(async () => {
        const some = await queue.receive(
          name,
          Math.max(batchSize, RECEIVED_AT_ONCE),
          visibilitySeconds,
        );
        this.failures = 0;
        return some;
      });
      if (received === null) break;
      if (received.length === 0) break;
      await this.ownTurn();
      for (const [lane, messages] of await this.byLane(received)) {
        for (let from = 0; from < messages.length; from += batchSize)
          await this.admit(lane, messages.slice(from, from + batchSize));
      }
    }
    if (this.failures > 0) return this.wakeIn(this.backOffMs());
    const next = queue.nextVisibleAtMs(name);
    this.wakeIn(next === null ? POLL_MS : Math.min(POLL_MS, Math.max(0, next - now())));
  }

  /**
   * The rest of the batching window of the oldest message. 0: the window is over, or it would bring no second message: then
   * one that is alone, such as the check of an upload that is about to end, is not kept waiting.
   */
  private untilBatchIsWhole(): number {
    const { queue, name, windowMs, now } = this.options;
    const oldest = windowMs === 0 ? null : queue.nextVisibleAtMs(name);
    if (oldest === null || oldest > now()) return 0;
    const endsAtMs = oldest + windowMs;
    return queue.areSeveralBy(name, endsAtMs) ? Math.max(0, endsAtMs - now()) : 0;
  }

  /** For a batch: a message alone shares its first commit with others that begin in the same turn. */
  private async ownTurn(): Promise<void> {
    if (this.options.batchSize > 1) await ownTurn();
  }

  private async byLane(batch: Received[]): Promise<Map<string, Received[]>> {
    const lanes = new Map<string, Received[]>();
    for (const [nth, message] of batch.entries()) {
      if (nth > 0 && nth % READ_IN_A_TURN === 0) await ownTurn();
      const lane = await this.options.laneOf(message.body).catch(() => "");
      lanes.set(lane, [...(lanes.get(lane) ?? []), message]);
    }
    return lanes;
  }

  /** Starts the work on these messages, or holds them while their lane is full. */
  private async admit(name: string, messages: Received[]): Promise<void> {
    const lane = this.lanes.get(name) ?? { busy: 0, held: [], meanMs: 0, lineEndsAtMs: 0 };
    this.lanes.set(name, lane);
    if (lane.busy < this.options.concurrency) this.begin(name, lane, messages);
    else if (lane.held.length < MAX_HELD) lane.held.push(messages);
    else await this.putOff(messages, this.secondsInLine(lane));
  }

  /**
   * Takes the next place behind the batches that wait. @returns seconds until about half of what the lane holds now is
   * done, and all that went back before. Tenths, so that messages come back in batches.
   */
  private secondsInLine(lane: Lane): number {
    const { concurrency, now } = this.options;
    const eachMs = lane.meanMs / concurrency;
    lane.lineEndsAtMs = Math.max(lane.lineEndsAtMs, now() + (eachMs * MAX_HELD) / 2) + eachMs;
    const seconds = Math.ceil((lane.lineEndsAtMs - now()) / 100) / 10;
    return Math.min(PUT_OFF_SECONDS.most, Math.max(PUT_OFF_SECONDS.least, seconds));
  }

  private begin(name: string, lane: Lane, messages: Received[]): void {
    lane.busy += 1;
    const beganAtMs = this.options.now();
    const work = this.process(messages).finally(() => {
      this.atWork.delete(work);
      lane.busy -= 1;
      const tookMs = Math.max(0, this.options.now() - beganAtMs);
      lane.meanMs += (tookMs - lane.meanMs) * (lane.meanMs === 0 ? 1 : NEWEST_WEIGHT);
      const next = lane.held.shift();
      if (next !== undefined) this.begin(name, lane, next);
      else if (lane.busy === 0) this.lanes.delete(name);
      this.wakeIn(0);
    });
    this.atWork.add(work);
  }

  /** Waits longer after each failure: a full disk stays full for a while. */
  private backOffMs(): number {
    return Math.min(MAX_BACK_OFF_MS, POLL_MS * 2 ** Math.min(this.failures, 10));
  }

  private async putOff(messages: Received[], seconds: number): Promise<void> {
    await this.each(messages, ({ receipt }) => this.options.queue.putOff(receipt, seconds));
  }

  /** All at once, so that they share one commit. */
  private async each(
    messages: Received[],
    change: (message: Received) => Promise<void>,
  ): Promise<void> {
    await Promise.all(messages.map((message) => this.trying(() => change(message))));
  }

  /** @returns null: the data file takes no writes. */
  private async trying<T>(change: () => Promise<T>): Promise<T | null> {
    try {
      return await change();
    } catch (error) {
      this.options.failed(error);
      this.failures += 1;
      return null;
    }
  }

  private async inTime<T>(work: Promise<T>): Promise<T> {
    const limit = timeLimit(this.options.timeLimitMs);
    try {
      return await Promise.race([work, limit.over]);
    } finally {
      limit.clear();
    }
  }

  private async process(batch: Received[]): Promise<void> {
    const { queue, maxReceives, turn, handle, failed, name } = this.options;
    const dead = batch.filter((message) => message.receives > maxReceives && name !== DEAD_LETTERS);
    const alive = batch.filter((message) => !dead.includes(message));
    try {
      await Promise.all(dead.map(({ receipt }) => queue.move(receipt, DEAD_LETTERS)));
      if (alive.length === 0) return;
      const wait = turn?.() ?? null;
      if (wait !== null) await wait;
      await this.ownTurn();
      const records = alive.map((message) => recordOf(message, name));
      const response = await this.inTime(handle({ Records: records }));
      const again = new Set(response?.batchItemFailures.map((failure) => failure.itemIdentifier));
      await Promise.all(
        alive.map(({ receipt, receives }) =>
          again.has(receipt) ? queue.retry(receipt, retrySeconds(receives)) : queue.delete(receipt),
        ),
      );
    } catch (error) {
      // Deletes no message: the batch comes again after its visibility time-out, or at once, see below.
      failed(error);
      await this.each(alive, ({ receipt, receives }) =>
        queue.retry(receipt, retrySeconds(receives)),
      );
    }
  }
}

function retrySeconds(receives: number): number {
  return Math.min(900, 2 ** receives);
}

/** Gives a batch up. Its code cannot be stopped, but the store refuses its writes once another worker has gone on. */
function timeLimit(ms: number): { over: Promise<never>; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new Error(`given up after ${ms / 1000} s`));
    timer = setTimeout(give, ms);
    timer.unref();
  });
  return { over, clear: () => clearTimeout(timer) };
}

function recordOf({ receipt, body, receives, source }: Received, queue: string): SQSRecord {
  return {
    messageId: receipt,
    receiptHandle: receipt,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: "",
      SenderId: "",
      ApproximateFirstReceiveTimestamp: "",
      ...(source === null ? {} : { DeadLetterQueueSourceArn: source }),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: queue,
    awsRegion: "local",
  };
}
