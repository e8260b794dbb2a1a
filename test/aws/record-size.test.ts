import { afterAll, beforeAll, expect, it } from "vitest";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { sqsSample } from "../functions/installation.ts";
import { stage } from "../functions/stage.ts";
import { HOUR, NOW, run } from "../unit/builders.ts";
import { openDynamoDb } from "./dynamodb.ts";

const MAX_ITEM_BYTES = 400 * 1024;

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(() => dynamoDb.close());

/** Whatever the cloud says, as often as it likes: each time another text of a megabyte. */
it.each([
  ["letters", (n: number) => `${n} ${"x".repeat(1_000_000)}`],
  ["letters of three bytes", (n: number) => `${n} ${"漢".repeat(400_000)}`],
  ["terminal escapes", (n: number) => `${n} ${"\u001b[2J\u202e".repeat(100_000)}`],
])("a run's record fits into DynamoDB after 300 reasons of %s", async (_name, reason) => {
  const { on, web, made, recipeStateWith } = stage();
  on.putRecipeState(recipeStateWith("candidate"));
  on.putRun(web({ step: "check-status", candidate: made, deadlineAtMs: NOW + 1000 * HOUR }), 7);
  for (let n = 1; n <= 300; n++) {
    const effect = { kind: "status", status: 503, message: reason(n) } as const;
    on.cloud.faults.add({ on: { operation: "image.show" }, effect });
    await on.call(checkStatus, sqsSample("check-status/run"));
    on.nowMs += HOUR;
    on.putRun(await on.run(run().id), 7);
  }
  const after = await on.run(run().id);
  expect(after.timeline.length).toBeGreaterThan(20);
  const doc = JSON.stringify(after);
  expect(Buffer.byteLength(doc)).toBeLessThan(MAX_ITEM_BYTES);
  expect(doc).not.toMatch(/\\u001b|\u202e/u);

  const store = new DynamoDbStore(dynamoDb.client, await dynamoDb.createTable());
  const item = { key: { pk: "R#web", sk: "run#1" }, writeId: "w", sweepAtMs: NOW, day: null };
  expect(await store.commit({ ...item, expiresAtMs: null, doc }, 0)).toBe("won");
  expect((await store.get(item.key))?.doc).toBe(doc);
});
