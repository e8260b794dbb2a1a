import * as z from "zod/mini";
import type { Item, Key, Page, Store, Write } from "../ports.ts";
import type { AwsClient } from "./client.ts";
import {
  checkSize,
  committedAttributes,
  type Hint,
  hintSchema,
  itemSchema,
  keyAttributes,
  keySchema,
  numberValue,
  SHARDS,
  type Value,
  valueSchema,
} from "./dynamodb-item.ts";
import { AwsError } from "./error.ts";

/** BatchGetItem takes no more keys. */
const MAX_PAGE = 100;

type Attributes = Record<string, Value>;

/** A query's page: at most 1 MB was looked at, so it may be short or empty and still have a next one. */
const pageSchema = <T>(row: z.ZodMiniType<T>) =>
  z.object({
    Items: z.array(row),
    LastEvaluatedKey: z.optional(z.record(z.string(), valueSchema)),
  });

const emptyAnswer = z.object({});
const getAnswer = z.object({ Item: z.optional(itemSchema) });
const batchAnswer = z.object({
  Responses: z.record(z.string(), z.array(itemSchema)),
  UnprocessedKeys: z.optional(z.record(z.string(), z.object({ Keys: z.array(keySchema) }))),
});

/**
 * Run store in one DynamoDB table, by single-item conditional writes; no scans, no transactions. What is read by key or
 * partition is read consistently. The indices `due` and `day` hold keys only and lag behind: what `due` gives are
 * hints, and what `ended` finds is read again by key, so an item that has just ended is listed a moment late.
 */
export class DynamoDbStore implements Store {
  readonly shards = SHARDS;
  private readonly client: AwsClient;
  private readonly table: string;

  constructor(client: AwsClient, table: string) {
    this.client = client;
    this.table = table;
  }

  async get(key: Key): Promise<Item | null> {
    const input = { TableName: this.table, Key: keyAttributes(key), ConsistentRead: true };
    return (await this.client.call("GetItem", this.table, input, getAnswer)).Item ?? null;
  }

  async commit(write: Write, expectedVersion: number): Promise<"won" | "lost"> {
    const attributes = committedAttributes(write, expectedVersion + 1);
    checkSize(this.table, write.key, attributes);
    const done =
      expectedVersion === 0
        ? await this.update(write.key, attributes, "attribute_not_exists(pk)")
        : await this.update(write.key, attributes, "#version = :expected", {
            ":expected": numberValue(expectedVersion),
          });
    return done ? "won" : "lost";
  }

  async mark(
    key: Key,
    { cancelAtMs, sweepAtMs }: { cancelAtMs?: number; sweepAtMs?: number },
  ): Promise<void> {
    if (cancelAtMs !== undefined) {
      await this.update(key, { cancelAtMs: numberValue(cancelAtMs) }, "attribute_exists(pk)");
    }
    if (sweepAtMs !== undefined) {
      const condition = "attribute_exists(#sweepAtMs)";
      await this.update(key, { sweepAtMs: numberValue(sweepAtMs) }, condition);
    }
  }

  async due(shard: number, nowMs: number, limit: number): Promise<Hint[]> {
    const hints: Hint[] = [];
    let start: Attributes | undefined;
    do {
      const page = await this.query(hintSchema, {
        IndexName: "due",
        KeyConditionExpression: "#shard = :shard AND sweepAtMs <= :now",
        ExpressionAttributeNames: { "#shard": "shard" },
        ExpressionAttributeValues: { ":shard": numberValue(shard), ":now": numberValue(nowMs) },
        Limit: limit - hints.length,
        ExclusiveStartKey: start,
      });
      hints.push(...page.Items);
      start = page.LastEvaluatedKey;
    } while (start !== undefined && hints.length < limit);
    return hints;
  }

  async range(
    pk: string,
    prefix: string,
    limit: number,
    cursor: string | null = null,
  ): Promise<Page<Item>> {
    const { Items: items, LastEvaluatedKey: last } = await this.query(itemSchema, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: pk }, ":prefix": { S: prefix } },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: limit,
      ExclusiveStartKey: cursor === null ? undefined : keyAttributes({ pk, sk: cursor }),
    });
    return { items, cursor: last === undefined ? null : keySchema.parse(last).sk };
  }

  async ended(day: string, limit: number, cursor: string | null = null): Promise<Page<Item>> {
    const [sk = "", pk = ""] = cursor?.split("\n") ?? [];
    const { Items: keys, LastEvaluatedKey: last } = await this.query(keySchema, {
      IndexName: "day",
      KeyConditionExpression: "#day = :day",
      ExpressionAttributeNames: { "#day": "day" },
      ExpressionAttributeValues: { ":day": { S: day } },
      ScanIndexForward: false,
      Limit: Math.min(limit, MAX_PAGE),
      ExclusiveStartKey:
        cursor === null ? undefined : { day: { S: day }, ...keyAttributes({ pk, sk }) },
    });
    const found = await this.getAll(keys);
    const items = keys
      .flatMap((key) => found.get(idOf(key)) ?? [])
      .filter((item) => item.day === day);
    if (last === undefined) return { items, cursor: null };
    const after = keySchema.parse(last);
    return { items, cursor: `${after.sk}\n${after.pk}` };
  }

  /** @returns false: the condition did not hold, and nothing was written. */
  private async update(
    key: Key,
    attributes: Record<string, Value | null>,
    condition: string,
    conditionValues: Attributes = {},
  ): Promise<boolean> {
    // An update, not a put: a put would wipe what was marked beside it.
    const set = Object.entries(attributes).flatMap(([name, value]) =>
      value === null ? [] : [{ name, value }],
    );
    const removed = Object.keys(attributes).filter((name) => attributes[name] === null);
    const input = {
      TableName: this.table,
      Key: keyAttributes(key),
      UpdateExpression: [
        `SET ${set.map(({ name }) => `#${name} = :${name}`).join(", ")}`,
        ...(removed.length === 0 ? [] : [`REMOVE ${removed.map((name) => `#${name}`).join(", ")}`]),
      ].join(" "),
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries(
        Object.keys(attributes).map((name) => [`#${name}`, name]),
      ),
      ExpressionAttributeValues: {
        ...Object.fromEntries(set.map(({ name, value }) => [`:${name}`, value])),
        ...conditionValues,
      },
    };
    try {
      await this.client.call("UpdateItem", this.table, input, emptyAnswer);
      return true;
    } catch (error) {
      const isRefused =
        error instanceof AwsError && error.code === "ConditionalCheckFailedException";
      if (isRefused) return false;
      throw error;
    }
  }

  private query<T>(row: z.ZodMiniType<T>, input: object) {
    const whole = { TableName: this.table, ...input };
    return this.client.call("Query", this.table, whole, pageSchema(row));
  }

  /**
   * Consistent. DynamoDB answers at most 16 MB at once, and less when it is busy: the rest is asked for again. If it
   * can answer nothing at all it says so by throttling, so every answer brings the end nearer.
   */
  private async getAll(keys: Key[]): Promise<Map<string, Item>> {
    const found = new Map<string, Item>();
    let rest = keys;
    while (rest.length > 0) {
      const input = {
        RequestItems: { [this.table]: { Keys: rest.map(keyAttributes), ConsistentRead: true } },
      };
      const { Responses, UnprocessedKeys } = await this.client.call(
        "BatchGetItem",
        this.table,
        input,
        batchAnswer,
      );
      for (const item of Responses[this.table] ?? []) found.set(idOf(item.key), item);
      const left = UnprocessedKeys?.[this.table]?.Keys ?? [];
      if (left.length > 0) await this.client.backOff(1, true);
      rest = left;
    }
    return found;
  }
}

function idOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
