import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import type { Key, Write } from "../../shared/ports.ts";
import { openSeam } from "./access.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { Wire } from "./wire.ts";

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
const seam = openSeam();
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(async () => {
  seam.close();
  await dynamoDb.close();
});

async function openTable() {
  const table = await dynamoDb.createTable();
  const wire = new Wire(seam.http);
  const client = new AwsClient("dynamodb", dynamoDb.access, { ...seam, http: wire });
  const stored = async ({ pk, sk }: Key) => {
    const input = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } };
    const answer = z.object({ Item: z.record(z.string(), z.unknown()) });
    return (await client.call("GetItem", table, input, answer)).Item;
  };
  return { store: new DynamoDbStore(client, table), wire, stored };
}

const KEY = { pk: "R#web", sk: "head" };
const write = (fields: Partial<Write> = {}): Write => ({
  key: KEY,
  writeId: "w",
  sweepAtMs: null,
  day: null,
  expiresAtMs: null,
  doc: "{}",
  ...fields,
});

describe("an item in DynamoDB", () => {
  it("has the attributes of an index only while it belongs there", async () => {
    const { store, stored } = await openTable();
    const always = ["doc", "pk", "sk", "version", "writeId"];
    await store.commit(write(), 0);
    expect(Object.keys(await stored(KEY)).toSorted()).toEqual(always);
    await store.commit(write({ sweepAtMs: 1, day: "2026-11-22", expiresAtMs: 2 }), 1);
    expect(Object.keys(await stored(KEY)).toSorted()).toEqual(
      [...always, "day", "expiresAtMs", "expiresAtSeconds", "shard", "sweepAtMs"].toSorted(),
    );
    await store.commit(write(), 2);
    expect(Object.keys(await stored(KEY)).toSorted()).toEqual(always);
  });

  it("is deleted by DynamoDB not before its time, which is counted in whole seconds", async () => {
    const { store, stored } = await openTable();
    await store.commit(write({ expiresAtMs: 1_795_348_800_001 }), 0);
    expect(await stored(KEY)).toMatchObject({
      expiresAtMs: { N: "1795348800001" },
      expiresAtSeconds: { N: "1795348801" },
    });
  });

  it("as large as the store lets it be is not too large for DynamoDB", async () => {
    const { store, wire } = await openTable();
    const whole = (bytes: number) =>
      write({ sweepAtMs: 1, day: "2026-11-22", expiresAtMs: 1, doc: "x".repeat(bytes) });
    let [fits, tooLarge] = [400_000, 410_000];
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2);
      // At an impossible version: only the size is tried.
      const answer = await store.commit(whole(middle), 7).catch((error: unknown) => error);
      if (answer === "lost") fits = middle;
      else tooLarge = middle;
    }
    expect(fits).toBeGreaterThan(400 * 1024 - 400);
    const before = wire.actions.length;
    expect(await store.commit(whole(fits), 0)).toBe("won");
    await store.mark(KEY, { cancelAtMs: 1_795_348_800_001, sweepAtMs: 1_795_348_800_001 });
    await expect(store.commit(whole(tooLarge), 1)).rejects.toThrow(RangeError);
    expect(wire.actions.slice(before)).toEqual(["UpdateItem", "UpdateItem", "UpdateItem"]);
  });
});

it("what is read by key or partition is read consistently, and no table is scanned", async () => {
  const { store, wire } = await openTable();
  await store.commit(write({ day: "2026-11-22" }), 0);
  await store.get(KEY);
  await store.range("R#web", "h", 10);
  await store.ended("2026-11-22", 10);
  const consistent = wire.actions.filter((_, index) =>
    wire.bodies[index]?.includes('"ConsistentRead":true'),
  );
  expect(consistent).toEqual(["GetItem", "Query", "BatchGetItem"]);
  expect(wire.actions).toEqual(["UpdateItem", "GetItem", "Query", "Query", "BatchGetItem"]);
});

it("due items are spread over all shards", async () => {
  const { store } = await openTable();
  const keys = Array.from({ length: 320 }, (_, index) => ({ pk: `R#recipe-${index}`, sk: "head" }));
  await Promise.all(keys.map((key) => store.commit(write({ key, sweepAtMs: 1 }), 0)));
  const counts = [];
  for (let shard = 0; shard < store.shards; shard += 1) {
    counts.push((await store.due(shard, 1, 1000)).length);
  }
  expect(counts.reduce((sum, count) => sum + count)).toBe(320);
  expect(Math.min(...counts)).toBeGreaterThan(5);
  expect(Math.max(...counts)).toBeLessThan(40);
});
