import type { SQSEvent, SQSRecord } from "aws-lambda";
import * as z from "zod/mini";
import { AwsClient } from "../../../shared/aws/client.ts";
import type { AwsSeam } from "../../../shared/aws/seam.ts";
import { REGION } from "./resolve.ts";
import type { LambdaFunction } from "./lambda.ts";

export const mappingSchema = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.literal(true),
  BatchSize: z.int(),
  MaximumBatchingWindowInSeconds: z._default(z.int(), 0),
  FunctionResponseTypes: z._default(z.array(z.literal("ReportBatchItemFailures")), []),
  ScalingConfig: z.optional(z.strictObject({ MaximumConcurrency: z.int().check(z.minimum(2)) })),
});

const messageSchema = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  MD5OfBody: z.string(),
  Attributes: z.object({
    ApproximateReceiveCount: z.string(),
    SentTimestamp: z.string(),
    SenderId: z.string(),
    ApproximateFirstReceiveTimestamp: z.string(),
  }),
});
const receivedSchema = z.object({ Messages: z._default(z.array(messageSchema), []) });
type Message = z.infer<typeof messageSchema>;

/** Without a maximum Lambda begins with so many at once (developer guide, scaling behavior for SQS); here it stays there. */
const BATCHES_AT_FIRST = 5;

/** As many as SQS gives at once. */
const RECEIVE = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] };

/** Lambda developer guide, "Reporting batch item failures": these mean success, anything else that all have failed. */
const responseSchema = z.nullish(
  z.object({
    batchItemFailures: z.nullish(
      z.array(z.object({ itemIdentifier: z.string().check(z.minLength(1)) })),
    ),
  }),
);

/** What was handed over at once, and what of it was not done. */
export interface Batch {
  atMs: number;
  messages: Array<{ id: string; receives: number }>;
  failed: ReadonlySet<string>;
}

export interface EventSourceDeps {
  is: z.infer<typeof mappingSchema>;
  queue: { url: string; arn: string; retentionSeconds: number };
  /** The queue whose dead letters come here. */
  deadLettersOf: string | null;
  lambda: LambdaFunction;
  endpoint: string;
  seam: AwsSeam;
  /** Receives the promise of each batch at work. */
  track: (work: Promise<void>) => void;
  /** How often a batch is handed over at once: SQS delivers at least once. */
  copies: () => number;
}

/** Lambda's poller of one queue, which acts by the function's role. */
export class EventSource {
  readonly queueArn: string;
  /** All that have come to an end. */
  readonly batches: Batch[] = [];
  /** There may be something to receive. */
  wanted = true;
  private readonly deps: EventSourceDeps;
  private readonly client: AwsClient;
  private readonly held: Message[] = [];
  private windowEndsAtMs = 0;
  private atWork = 0;

  constructor(deps: EventSourceDeps) {
    this.deps = deps;
    this.queueArn = deps.queue.arn;
    const { endpoint, lambda, seam } = deps;
    const credentials = { accessKeyId: lambda.key, secretAccessKey: "-", sessionToken: null };
    this.client = new AwsClient("sqs", { endpoint, region: REGION, credentials }, seam);
  }

  /** When a batch that waits to grow has waited long enough; null: none does. */
  get handsOverAtMs(): number | null {
    return this.held.length === 0 ? null : this.windowEndsAtMs;
  }

  /** Takes what there is, and hands over as many batches as may be at work at once. */
  async poll(): Promise<void> {
    const { is, seam, track } = this.deps;
    const atMost = is.ScalingConfig?.MaximumConcurrency ?? BATCHES_AT_FIRST;
    while (this.atWork < atMost) {
      await this.fill();
      const isDue = this.held.length >= is.BatchSize || seam.now() >= this.windowEndsAtMs;
      if (this.held.length === 0 || !isDue) return;
      this.atWork += 1;
      track(this.handOver(this.held.splice(0, is.BatchSize)).finally(() => (this.atWork -= 1)));
    }
  }

  private async fill(): Promise<void> {
    const { is, queue, seam } = this.deps;
    while (this.wanted && this.held.length < is.BatchSize) {
      this.wanted = false; // what is sent from here on says so again
      const { Messages } = await this.call("ReceiveMessage", RECEIVE, receivedSchema);
      if (Messages.length > 0) this.wanted = true;
      const oldestMs = seam.now() - queue.retentionSeconds * 1000;
      const kept = Messages.filter((one) => Number(one.Attributes.SentTimestamp) > oldestMs);
      if (this.held.length === 0) {
        this.windowEndsAtMs = seam.now() + is.MaximumBatchingWindowInSeconds * 1000;
      }
      this.held.push(...kept);
    }
  }

  private async handOver(messages: Message[]): Promise<void> {
    const { lambda, copies, seam } = this.deps;
    const atMs = seam.now();
    const event: SQSEvent = { Records: messages.map((message) => this.recordOf(message)) };
    const invocations = Array.from({ length: copies() }, () => lambda.invoke(event));
    const [first] = await Promise.allSettled(invocations);
    const failed = this.failedOf(first, messages);
    const done = messages.filter(({ MessageId }) => !failed.has(MessageId));
    // What is not deleted comes back after its visibility time-out.
    for (let at = 0; at < done.length; at += 10) {
      const Entries = done
        .slice(at, at + 10)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await this.call("DeleteMessageBatch", { Entries }, z.unknown());
    }
    const handed = messages.map(({ MessageId: id, Attributes }) => ({
      id,
      receives: Number(Attributes.ApproximateReceiveCount),
    }));
    this.batches.push({ atMs, messages: handed, failed });
  }

  private failedOf(
    outcome: PromiseSettledResult<unknown> | undefined,
    messages: Message[],
  ): ReadonlySet<string> {
    const all = new Set(messages.map(({ MessageId }) => MessageId));
    if (outcome?.status !== "fulfilled") return all;
    if (!this.deps.is.FunctionResponseTypes.includes("ReportBatchItemFailures")) return new Set();
    const read = responseSchema.safeParse(outcome.value);
    if (!read.success) return all;
    const failed = (read.data?.batchItemFailures ?? []).map((one) => one.itemIdentifier);
    return failed.every((id) => all.has(id)) ? new Set(failed) : all;
  }

  private recordOf({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes }: Message): SQSRecord {
    const { deadLettersOf } = this.deps;
    return {
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: {
        ...Attributes,
        ...(deadLettersOf === null ? {} : { DeadLetterQueueSourceArn: deadLettersOf }),
      },
      messageAttributes: {},
      md5OfBody: MD5OfBody,
      eventSource: "aws:sqs",
      eventSourceARN: this.queueArn,
      awsRegion: REGION,
    };
  }

  private call<T>(action: string, input: object, answer: z.ZodMiniType<T>): Promise<T> {
    const { url } = this.deps.queue;
    return this.client.call(action, url, { QueueUrl: url, ...input }, answer);
  }
}
