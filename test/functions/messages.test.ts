import { describe, expect, it } from "vitest";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { MINUTE, NOW, run } from "../unit/builders.ts";
import { messageIds, sqsSample } from "./installation.ts";
import { stage, stageBatch } from "./stage.ts";

const KEY = { pk: "R#web", sk: "run#20261123-093012-k3f9q2" };
const event = sqsSample("check-status/run"); // of version 7
const [messageId = ""] = messageIds(event);
const again = { batchItemFailures: [{ itemIdentifier: messageId }] };
const taken = { batchItemFailures: [] };

describe("of a message and its record", () => {
  it("an older message is dropped: no call, no write, nothing sent", async () => {
    const { on, web, made } = stage();
    on.putRun(web({ step: "check-status", candidate: made }), 8);
    expect(await on.call(checkStatus, event)).toEqual(taken);
    expect([on.requests, on.sent]).toEqual([[], []]);
    expect((await on.item(KEY)).version).toBe(8);
  });

  it.each([
    ["the record's version is not there yet", 6],
    ["there is no record at all", null],
  ])("a newer message is received again: %s", async (_why, version) => {
    const { on, web, made } = stage();
    if (version !== null) on.putRun(web({ step: "check-status", candidate: made }), version);
    expect(await on.call(checkStatus, event)).toEqual(again);
    expect([on.requests, on.sent]).toEqual([[], []]);
  });

  it("the same message twice is one check: the second is older than what the first wrote", async () => {
    const { on, web, made, recipeStateWith } = stage();
    on.putRun(web({ step: "check-status", candidate: made }), 7);
    on.putRecipeState(recipeStateWith("candidate"));
    await on.call(checkStatus, event);
    const [calls, sent] = [on.requests.length, on.sent.length];
    expect(await on.call(checkStatus, event)).toEqual(taken);
    expect([on.requests.length, on.sent.length]).toEqual([calls, sent]);
  });

  it("an early message is sent on, at most a quarter of an hour, with no write", async () => {
    const { on, web, made } = stage();
    on.putRun(web({ step: "check-status", candidate: made, reconcileAtMs: NOW + 60 * MINUTE }), 7);
    expect(await on.call(checkStatus, event)).toEqual(taken);
    expect(on.sent).toEqual([
      { queue: "check-status", request: { key: KEY, version: 7 }, delaySeconds: 900 },
    ]);
    expect(on.requests).toEqual([]);
  });

  it("an early message of a run that a sweep has put off by a minute only has it written down anew", async () => {
    // Sent on each minute until its check, the run would have one chain of messages more with each.
    const { on, web, made } = stage();
    const reconcileAtMs = NOW + 60 * MINUTE;
    const waiting = web({ step: "check-status", candidate: made, reconcileAtMs });
    on.putRun(waiting, 7, { sweepAtMs: NOW + MINUTE });
    expect(await on.call(checkStatus, event)).toEqual(taken);
    expect(await on.item(KEY)).toMatchObject({ version: 8, sweepAtMs: reconcileAtMs + MINUTE });
    expect(on.sent).toEqual([
      { queue: "check-status", request: { key: KEY, version: 8 }, delaySeconds: 900 },
    ]);
    expect(on.requests).toEqual([]);
  });

  it("a message of a run that has ended does nothing", async () => {
    const { on, web } = stage();
    on.putRun(web({ outcome: "failed", endedAtMs: NOW }), 7);
    expect(await on.call(checkStatus, event)).toEqual(taken);
    expect([on.requests, on.sent]).toEqual([[], []]);
  });
});

describe("transient", () => {
  it("of the cloud is a wait that is written down, not a message received again", async () => {
    const { on, web, made } = stage();
    on.putRun(web({ step: "check-status", candidate: made }), 7);
    on.cloud.faults.add({
      on: { operation: "image.show", times: Infinity },
      effect: { kind: "status", status: 503 },
    });
    expect(await on.call(checkStatus, event)).toEqual(taken);
    const after = await on.run(run().id);
    expect(after).toMatchObject({ step: "check-status", transientFailures: 1, failure: null });
    expect(after.reconcileAtMs).toBeGreaterThan(NOW);
    expect(on.sent).toMatchObject([{ queue: "check-status", request: { version: 8 } }]);
  });

  it("of the store has the message received again", async () => {
    const { on } = stage();
    on.store.get = () => Promise.reject(new Error("throttled"));
    expect(await on.call(checkStatus, event)).toEqual(again);
    expect(on.logged.join()).toContain("throttled");
  });
});

describe("of several messages", () => {
  it("one that is not ours is received again, alone: it ends in the dead letters", async () => {
    const { on, made } = stageBatch();
    const three = sqsSample("check-status/one-of-three-not-ours");
    expect(await on.call(checkStatus, three)).toEqual({
      batchItemFailures: [{ itemIdentifier: messageIds(three)[1] }],
    });
    for (const { id } of [made[0], made[1]].flatMap((m) => m ?? []))
      expect((await on.run(id)).timeline).toMatchObject([{ text: "saving" }]);
    expect(on.sent.map(({ request }) => request.key.pk)).toEqual(["R#web", "R#db"]);
  });

  it("one whose record this version can not read is received again, alone", async () => {
    const { on, made } = stageBatch();
    const batch = sqsSample("check-status/batch");
    on.put(KEY, { schema: 3 }, 7);
    expect(await on.call(checkStatus, batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: messageIds(batch)[0] }],
    });
    expect((await on.run(made[1]?.id ?? "")).timeline).toHaveLength(1);
  });

  it.each([
    "not JSON",
    "{}",
    "null",
    '{"key":{"pk":"R#web","sk":"x"},"version":0}',
    '{"key":{"pk":"R#web","sk":"x"},"version":1,"more":1}',
  ])("%s is not ours", async (body) => {
    const { on } = stage();
    const [record] = event.Records;
    if (record === undefined) throw new Error("the sample event has a message");
    expect(await on.call(checkStatus, { Records: [{ ...record, body }] })).toEqual(again);
  });
});
