import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import type { Write } from "../../shared/ports.ts";
import { commit, unborn } from "../../shared/protocol/actor.ts";
import { openSeam } from "./access.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { answered, answerLost, cutOff, type Happening, notReached, refused, Wire } from "./wire.ts";

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
const seam = openSeam();
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(async () => {
  seam.close();
  await dynamoDb.close();
});

let wire: Wire;
let waitedMs: number[];
let random: number;
let store: DynamoDbStore;
let table: string;
beforeEach(async () => {
  wire = new Wire(seam.http);
  waitedMs = [];
  random = 0;
  const wait = async (ms: number): Promise<void> => void waitedMs.push(ms);
  const played = { http: wire, now: () => Date.now(), random: () => random, wait };
  table = await dynamoDb.createTable();
  store = new DynamoDbStore(new AwsClient("dynamodb", dynamoDb.access, played), table);
});

const KEY = { pk: "R#web", sk: "run#1" };
const write = (fields: Partial<Write> = {}): Write => ({
  key: KEY,
  writeId: "w1",
  sweepAtMs: null,
  day: null,
  expiresAtMs: null,
  doc: "{}",
  ...fields,
});
const times = (count: number, happening: Happening) =>
  Array.from({ length: count }, () => happening);

describe("a call that was not answered", () => {
  it.each([
    ["an answer lost on the way", answerLost],
    ["a service that was not reached", notReached],
    ["an answer cut off", cutOff],
    ["a broken service", refused(500, "InternalServerError")],
    [
      "a proxy's page",
      (async () => ({
        kind: "response",
        status: 503,
        headers: {},
        text: "<html>",
      })) satisfies Happening,
    ],
  ])("is sent again: %s", async (_name, happening) => {
    await store.commit(write(), 0);
    wire.plan("GetItem", ...times(4, happening));
    expect(await store.get(KEY)).toMatchObject({ version: 1 });
    expect(waitedMs).toEqual([50, 100, 200, 400]);
  });

  it("is given up after five tries", async () => {
    wire.plan("GetItem", ...times(5, notReached));
    await expect(store.get(KEY)).rejects.toThrow(
      `DynamoDB GetItem, table ${table}: no answer (connect ECONNREFUSED 127.0.0.1:9), 5 times in a row. Check AWS_REGION`,
    );
    expect(wire.actions).toHaveLength(5);
  });

  it("a commit that is refused by its own hand is found there by its write id", async () => {
    wire.plan("UpdateItem", answerLost);
    expect(await store.commit(write({ writeId: "mine" }), 0)).toBe("lost");
    expect(await store.get(KEY)).toMatchObject({ version: 1, writeId: "mine" });
  });

  it("an actor's commit whose first answer was lost has won, in one version", async () => {
    let made = 0;
    const ids = {
      short: () => `id${(made += 1)}`,
      uuid: () => crypto.randomUUID(),
      random: () => 0,
    };
    wire.plan("UpdateItem", answerLost, refused(500, "InternalServerError"));
    const won = await commit({ store, ids }, unborn(KEY, { a: 1 }), { a: 2 }, { sweepAtMs: null });
    expect(won).toMatchObject({ version: 1, doc: { a: 2 } });
    expect(await store.get(KEY)).toMatchObject({ version: 1, doc: '{"a":2}' });
  });

  it("a mark is set once, however often it is sent", async () => {
    await store.commit(write({ sweepAtMs: 1 }), 0);
    wire.plan("UpdateItem", answerLost, answerLost);
    await store.mark(KEY, { sweepAtMs: 9 });
    expect(await store.get(KEY)).toMatchObject({ version: 1, sweepAtMs: 9 });
  });
});

describe("throttling", () => {
  it.each([
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "KmsThrottled",
  ])("%s is waited for, longer than other transient failures", async (code) => {
    wire.plan("GetItem", ...times(3, refused(400, code)));
    expect(await store.get(KEY)).toBeNull();
    expect(waitedMs).toEqual([250, 500, 1000]);
  });

  it("waits are jittered between half the gap and all of it", async () => {
    random = 0.999_999;
    wire.plan("GetItem", ...times(2, refused(400, "ThrottlingException")));
    await store.get(KEY);
    expect(waitedMs).toEqual([500, 1000]);
  });

  it("that does not end names the table", async () => {
    wire.plan("UpdateItem", ...times(5, refused(400, "ThrottlingException", "Rate exceeded")));
    await expect(store.commit(write(), 0)).rejects.toThrow(
      `DynamoDB UpdateItem, table ${table}: ThrottlingException (Rate exceeded), 5 times in a row. Too many calls for this table: it passes, or raise its limits. Request id REQ-1`,
    );
  });
});

describe("an index that lags behind", () => {
  const at = (name: string) => ({ pk: { S: "R#web" }, sk: { S: name } });

  it("due gives what it says, as hints: whoever reads by key sees how it stands", async () => {
    await store.commit(write({ sweepAtMs: 10 }), 0);
    await store.mark(KEY, { sweepAtMs: 5000 });
    wire.plan("Query", answered({ Items: [{ ...at("run#1"), sweepAtMs: { N: "10" } }] }));
    expect(await store.due(0, 20, 10)).toEqual([{ key: KEY, sweepAtMs: 10 }]);
    expect(await store.get(KEY)).toMatchObject({ sweepAtMs: 5000 });
  });

  it("ended shows each item as it stands, and none that is not there or of another day", async () => {
    const keys = ["run#1", "run#2", "run#3"];
    await store.commit(write({ day: "2026-11-22" }), 0);
    await store.commit(write({ day: "2026-11-22", doc: '"later"' }), 1);
    await store.commit(write({ key: { pk: "R#web", sk: "run#2" }, day: null }), 0);
    wire.plan("Query", answered({ Items: keys.map(at) }));
    const { items, cursor } = await store.ended("2026-11-22", 10);
    expect(items).toMatchObject([{ key: KEY, version: 2, doc: '"later"' }]);
    expect(cursor).toBeNull();
  });
});

describe("answers in parts", () => {
  it("due goes on after an empty page with a cursor, and asks for no more than is missing", async () => {
    const last = { pk: { S: "R#a" }, sk: { S: "head" }, shard: { N: "3" }, sweepAtMs: { N: "1" } };
    const hint = (name: string) => ({ pk: { S: name }, sk: { S: "head" }, sweepAtMs: { N: "7" } });
    wire.plan(
      "Query",
      answered({ Items: [], LastEvaluatedKey: last }),
      answered({ Items: [hint("R#b")], LastEvaluatedKey: last }),
      answered({ Items: [hint("R#c")], LastEvaluatedKey: last }),
    );
    const hints = await store.due(3, 9, 2);
    expect(hints.map(({ key }) => key.pk)).toEqual(["R#b", "R#c"]);
    expect(wire.actions).toEqual(["Query", "Query", "Query"]);
  });

  it("an empty page of range keeps its cursor", async () => {
    wire.plan(
      "Query",
      answered({ Items: [], LastEvaluatedKey: { pk: { S: "R#web" }, sk: { S: "run#5" } } }),
    );
    expect(await store.range("R#web", "run#", 10)).toEqual({ items: [], cursor: "run#5" });
  });

  it("what a batch leaves out is asked for again, after a wait", async () => {
    const names = ["run#1", "run#2", "run#3"];
    for (const sk of names) {
      await store.commit(write({ key: { pk: "R#web", sk }, day: "2026-11-22" }), 0);
    }
    const at = (sk: string) => ({ pk: { S: "R#web" }, sk: { S: sk } });
    const third = { version: { N: "1" }, writeId: { S: "w1" }, doc: { S: "{}" } };
    const day = { S: "2026-11-22" };
    wire.plan(
      "BatchGetItem",
      answered({
        Responses: { [table]: [{ ...at("run#3"), ...third, day }] },
        UnprocessedKeys: { [table]: { Keys: [at("run#1"), at("run#2")], ConsistentRead: true } },
      }),
    );
    const { items } = await store.ended("2026-11-22", 10);
    expect(items.map(({ key }) => key.sk)).toEqual(["run#3", "run#2", "run#1"]);
    expect(waitedMs).toEqual([250]);
  });
});
