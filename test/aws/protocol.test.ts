import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { SqsQueue } from "../../shared/aws/sqs-queue.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { deadLetters } from "../../shared/protocol/dead-letter.ts";
import { retryDeadLetter } from "../../shared/protocol/retry-dead-letter.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { openSqs, URL_PREFIX } from "./sqs.ts";

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
let sqs: Awaited<ReturnType<typeof openSqs>>;
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(() => dynamoDb.close());
beforeEach(async () => {
  sqs = await openSqs();
});
afterEach(() => sqs.close());

const STEPS = "check-status";

async function openDeps() {
  const store = new DynamoDbStore(dynamoDb.client, await dynamoDb.createTable());
  const queue = new SqsQueue(sqs.client, URL_PREFIX);
  let made = 0;
  const ids = { short: () => `id${(made += 1)}`, uuid: () => crypto.randomUUID(), random: () => 0 };
  const timing = { windowMs: 60_000, callTimeoutMs: 60_000, skewMs: 60_000, graceMs: 900_000 };
  return { store, queue, ids, timing, now: () => Date.now() };
}

it("the sweep finds what is due in every shard, and sends each once", async () => {
  const deps = await openDeps();
  const now = deps.now();
  const keys = Array.from({ length: 30 }, (_, index) => ({ pk: `R#${index}`, sk: "run#1" }));
  for (const [index, key] of keys.entries()) {
    const sweepAtMs = index < 20 ? now - index : now + 1000;
    const doc = JSON.stringify({ step: STEPS });
    const write = { key, writeId: "w", sweepAtMs, day: null, expiresAtMs: null, doc };
    expect(await deps.store.commit(write, 0)).toBe("won");
  }
  expect(await sweep(deps)).toBe(20);
  expect(await sweep(deps)).toBe(0);
  const received = [];
  for (let batch = 0; batch < 3; batch += 1) {
    received.push(...(await sqs.queue.receive(STEPS, 10, 30)));
  }
  const sent = received.map(({ body }): unknown => JSON.parse(body));
  expect(sent).toHaveLength(20);
  for (const key of keys.slice(0, 20)) expect(sent).toContainEqual({ key, version: 1 });
});

it("a message received five times goes to the dead letters, is kept, listed and put back as it was", async () => {
  const deps = await openDeps();
  const body = "not JSON, büro 日本";
  await deps.queue.putBack(STEPS, body);
  for (let receives = 1; receives <= 5; receives += 1) {
    expect(await sqs.queue.receive(STEPS, 10, 30)).toMatchObject([{ body, receives }]);
    await sqs.pass(31);
  }
  expect(await sqs.queue.receive(STEPS, 10, 30)).toEqual([]);
  const [dead] = await sqs.queue.receive("dead-letters", 10, 30);
  expect(dead?.body).toBe(body);

  await handleDeadLetter(deps, { body, queue: STEPS });
  const [deadLetter, ...others] = await deadLetters(deps.store, deps.now());
  expect(others).toEqual([]);
  expect(deadLetter).toMatchObject({ kind: "unknown", done: "not_ours", queue: STEPS, body });
  if (deadLetter === undefined) return;
  await retryDeadLetter(deps, deadLetter, (queue, text) => deps.queue.putBack(queue, text));
  expect(await sqs.queue.receive(STEPS, 10, 30)).toMatchObject([{ body, receives: 1 }]);
});
