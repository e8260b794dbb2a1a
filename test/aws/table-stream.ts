import { isDeepStrictEqual } from "node:util";
import type { DynamoDBRecord } from "aws-lambda";
import * as z from "zod/mini";
import type { AwsClient } from "../../shared/aws/client.ts";

const attributes = z.record(
  z.string(),
  z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]),
);
const updateSchema = z.object({ TableName: z.string(), Key: attributes });
const gotSchema = z.object({ Item: z.optional(attributes) });

/**
 * What the emulator lacks: the table's stream, with both images of each item as they are stored. What changes nothing
 * is not in it, as in DynamoDB's.
 */
export class TableStream {
  /** Is told of every change. */
  changed: (record: DynamoDBRecord) => void = (record) => this.records.push(record);
  readonly records: DynamoDBRecord[] = [];
  private readonly reader: AwsClient;
  private readonly now: () => number;
  private last: Promise<unknown> = Promise.resolve();
  private changes = 0;

  /** @param reader of the same tables, past this. */
  constructor(reader: AwsClient, now: () => number) {
    this.reader = reader;
    this.now = now;
  }

  /** Looks at the item right before and after it is updated; updates go one at a time. @param input of `UpdateItem`. */
  update<T>(input: unknown, forward: () => Promise<T>): Promise<T> {
    const updated = this.last.then(() => this.watch(updateSchema.parse(input), forward));
    this.last = updated.catch(() => {});
    return updated;
  }

  private async watch<T>(
    { TableName, Key }: z.infer<typeof updateSchema>,
    forward: () => Promise<T>,
  ): Promise<T> {
    const input = { TableName, Key, ConsistentRead: true };
    const observe = () => this.reader.call("GetItem", TableName, input, gotSchema);
    const { Item: before } = await observe();
    const answer = await forward();
    const { Item: after } = await observe();
    if (after === undefined || isDeepStrictEqual(before, after)) return answer;
    const old = before === undefined ? {} : { OldImage: before };
    const dynamodb = {
      ApproximateCreationDateTime: Math.floor(this.now() / 1000),
      Keys: Key,
      NewImage: after,
      ...old,
      SequenceNumber: String((this.changes += 1)).padStart(21, "0"),
      SizeBytes: Buffer.byteLength(JSON.stringify({ ...old, after })),
      StreamViewType: "NEW_AND_OLD_IMAGES" as const,
    };
    const eventName = before === undefined ? "INSERT" : "MODIFY";
    this.changed({ eventName, eventVersion: "1.1", eventSource: "aws:dynamodb", dynamodb });
    return answer;
  }
}
