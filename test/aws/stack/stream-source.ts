import type { DynamoDBRecord } from "aws-lambda";
import * as z from "zod/mini";
import { AwsClient } from "../../../shared/aws/client.ts";
import type { AwsSeam } from "../../../shared/aws/seam.ts";
import { SqsQueue } from "../../../shared/aws/sqs-queue.ts";
import { passes } from "../stream-filter.ts";
import type { LambdaFunction } from "./lambda.ts";
import { REGION } from "./resolve.ts";

const pattern = z.pipe(
  z.string(),
  z.transform((text): unknown => JSON.parse(text)),
);

export const streamMappingSchema = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.literal(true),
  StartingPosition: z.literal("TRIM_HORIZON"),
  BatchSize: z.int(),
  BisectBatchOnFunctionError: z.literal(true),
  FunctionResponseTypes: z.tuple([z.literal("ReportBatchItemFailures")]),
  MaximumRecordAgeInSeconds: z.int(),
  MaximumRetryAttempts: z.int(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }) }),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: pattern })) }),
});

/** Of an event source mapping: only streams begin somewhere. */
export function isOfStream(properties: unknown): boolean {
  return z.object({ StartingPosition: z.string() }).safeParse(properties).success;
}

const ACTIONS = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
/** Nobody says how long Lambda waits before it tries again; longer than this, it would not keep up. */
const AGAIN_MS = 60_000;

const responseSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});

export interface StreamSourceDeps {
  is: z.infer<typeof streamMappingSchema>;
  lambda: LambdaFunction;
  /** Where what is given up is told, by its ARN. */
  failuresUrl: (arn: string) => string;
  endpoint: string;
  seam: AwsSeam;
  track: (work: Promise<void>) => void;
  /** How often a batch is handed over at once: a stream is read at least once. */
  copies: () => number;
}

/** Lambda's poller of the table's stream, of one shard: one batch after the other, by the function's role. */
export class StreamSource {
  private readonly deps: StreamSourceDeps;
  private readonly failures: SqsQueue;
  private readonly pending: Array<{ record: DynamoDBRecord; tries: number }> = [];
  private atWork = false;
  private againAtMs = 0;

  constructor(deps: StreamSourceDeps) {
    this.deps = deps;
    const { is, lambda, endpoint, seam } = deps;
    for (const action of ACTIONS) {
      if (lambda.role.allows(`dynamodb:${action}`, is.EventSourceArn)) continue;
      throw new Error(`${lambda.role.arn} may not dynamodb:${action} on ${is.EventSourceArn}`);
    }
    const credentials = { accessKeyId: lambda.key, secretAccessKey: "-", sessionToken: null };
    const client = new AwsClient("sqs", { endpoint, region: REGION, credentials }, seam);
    this.failures = new SqsQueue(client, "");
  }

  /** A change of the table. */
  add(record: DynamoDBRecord): void {
    const patterns = this.deps.is.FilterCriteria.Filters.map(({ Pattern }) => Pattern);
    if (passes(patterns, record)) this.pending.push({ record, tries: 0 });
  }

  /** When it hands over; null: it has nothing. */
  get handsOverAtMs(): number | null {
    return this.pending.length === 0 ? null : this.againAtMs;
  }

  async poll(): Promise<void> {
    const { is, seam, track } = this.deps;
    if (this.atWork || seam.now() < this.againAtMs) return;
    while (this.isGivenUp(this.pending[0])) await this.giveUp();
    if (this.pending.length === 0) return;
    this.atWork = true;
    const batch = this.pending.slice(0, is.BatchSize);
    track(this.handOver(batch).finally(() => (this.atWork = false)));
  }

  private isGivenUp(first: { record: DynamoDBRecord; tries: number } | undefined): boolean {
    if (first === undefined) return false;
    const { is, seam } = this.deps;
    const writtenAtMs = (first.record.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000;
    const isOld = seam.now() - writtenAtMs > is.MaximumRecordAgeInSeconds * 1000;
    return isOld || first.tries > is.MaximumRetryAttempts;
  }

  /** Lambda developer guide, "Retain discarded records": where it stood in the stream, not what it said. */
  private async giveUp(): Promise<void> {
    const { is, failuresUrl } = this.deps;
    const [lost] = this.pending.splice(0, 1);
    const number = lost?.record.dynamodb?.SequenceNumber;
    const info = { startSequenceNumber: number, endSequenceNumber: number, batchSize: 1 };
    const body = JSON.stringify({ DDBStreamBatchInfo: info });
    await this.failures.putBack(failuresUrl(is.DestinationConfig.OnFailure.Destination), body);
  }

  private async handOver(batch: StreamSource["pending"]): Promise<void> {
    const { lambda, seam, copies } = this.deps;
    const Records = batch.map(({ record }) => record);
    const invocations = Array.from({ length: copies() }, () => lambda.invoke({ Records }));
    const done = await Promise.all(invocations)
      .then(([response]) => this.doneOf(response, Records))
      .catch(() => 0);
    this.pending.splice(0, done);
    if (done === batch.length) return;
    for (const one of batch.slice(done)) one.tries += 1;
    this.againAtMs = seam.now() + AGAIN_MS;
  }

  /** It goes on behind the last record before the first that failed. */
  private doneOf(response: unknown, records: DynamoDBRecord[]): number {
    const { batchItemFailures } = responseSchema.parse(response);
    const failed = batchItemFailures.map(({ itemIdentifier }) =>
      records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === itemIdentifier),
    );
    return Math.max(0, Math.min(records.length, ...failed));
  }
}
