import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Received, SqliteQueue } from "../shared/sqlite/queue.ts";

/** Another process (the command line) may send as well; its messages are seen at the latest after this. */
const POLL_MS = 500;
const DEAD_LETTERS = "dead-letters";

export interface WorkerOptions {
  name: string;
  queue: SqliteQueue;
  batchSize: number;
  windowMs: number;
  /** Batches at work at once. */
  concurrency: number;
  visibilitySeconds: number;
  maxReceives: number;
  now: () => number;
  handle: (event: SQSEvent) => Promise<SQSBatchResponse | void>;
  failed: (error: unknown) => void;
}

/** Hands one queue's messages to its function, as Lambda's event source mapping does. One timer, however many messages wait. */
export class QueueWorker {
  private readonly options: WorkerOptions;
  private readonly atWork = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Number.POSITIVE_INFINITY;
  private stopped = false;

  constructor(options: WorkerOptions) {
    this.options = options;
  }

  /** Look for messages in so many milliseconds at the latest. */
  wakeIn(ms: number): void {
    const { now } = this.options;
    const atMs = now() + ms;
    if (this.stopped || atMs >= this.timerAtMs) return;
    clearTimeout(this.timer);
    this.timerAtMs = atMs;
    this.timer = setTimeout(() => {
      this.timerAtMs = Number.POSITIVE_INFINITY;
      this.pump();
    }, ms);
  }

  /** A message is there; a batch that may grow is given its window. */
  wake(): void {
    this.wakeIn(this.options.windowMs);
  }

  /** No new batch; resolves once those at work are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await Promise.all(this.atWork);
  }

  private pump(): void {
    const { queue, name, batchSize, visibilitySeconds, concurrency, windowMs, now } = this.options;
    const oldest = queue.nextVisibleAtMs(name);
    if (oldest !== null && oldest <= now() && oldest + windowMs > now())
      return this.wakeIn(oldest + windowMs - now());
    while (!this.stopped && this.atWork.size < concurrency) {
      const batch = this.receive(() => queue.receive(name, batchSize, visibilitySeconds));
      if (batch.length === 0) break;
      const work = this.process(batch).finally(() => {
        this.atWork.delete(work);
        this.wakeIn(0);
      });
      this.atWork.add(work);
    }
    const next = this.atWork.size < concurrency ? queue.nextVisibleAtMs(name) : null;
    const untilNext = next === null ? POLL_MS : Math.max(0, next - now()) + windowMs;
    this.wakeIn(Math.min(POLL_MS, untilNext));
  }

  private receive(take: () => Received[]): Received[] {
    try {
      return take();
    } catch (error) {
      this.options.failed(error);
      return [];
    }
  }

  private async process(batch: Received[]): Promise<void> {
    const { queue, maxReceives, handle, failed, name } = this.options;
    const dead = batch.filter((message) => message.receives > maxReceives && name !== DEAD_LETTERS);
    const alive = batch.filter((message) => !dead.includes(message));
    try {
      for (const { receipt } of dead) queue.move(receipt, DEAD_LETTERS);
      if (alive.length === 0) return;
      const response = await handle({ Records: alive.map((message) => recordOf(message, name)) });
      const again = new Set(response?.batchItemFailures.map((failure) => failure.itemIdentifier));
      for (const { receipt, receives } of alive) {
        if (again.has(receipt)) queue.retry(receipt, Math.min(900, 2 ** receives));
        else queue.delete(receipt);
      }
    } catch (error) {
      // Nothing is deleted: the batch comes again when its visibility time-out has passed, or at once below.
      failed(error);
      for (const { receipt, receives } of alive) {
        this.receive(() => (queue.retry(receipt, Math.min(900, 2 ** receives)), []));
      }
    }
  }
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
