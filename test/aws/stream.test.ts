import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { eventSchema } from "../../shared/events/event.ts";
import { eventsOf } from "../../shared/events/events-of.ts";
import { changeOf } from "../../shared/lambda/stream-record.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { start } from "../../shared/protocol/start.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { noteTrouble } from "../../shared/protocol/trouble.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { Installation } from "../functions/installation.ts";
import { recipe } from "../unit/builders.ts";
import { openSeam } from "./access.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { filterPatterns, passes } from "./stream-filter.ts";
import { TableStream } from "./table-stream.ts";

let dynamoDb: Awaited<ReturnType<typeof openDynamoDb>>;
const seam = openSeam();
beforeAll(async () => {
  dynamoDb = await openDynamoDb();
});
afterAll(async () => {
  seam.close();
  await dynamoDb.close();
});

/** The real steps and the real store, whose table has a stream; the cloud is simulated. */
async function open() {
  const on = new Installation();
  const stream = new TableStream(dynamoDb.client, () => on.nowMs);
  const send = (request: HttpRequest) => {
    const forward = () => seam.http.send(request);
    const isUpdate = request.headers["x-amz-target"]?.endsWith(".UpdateItem") === true;
    return isUpdate ? stream.update(JSON.parse(request.body ?? ""), forward) : forward();
  };
  const client = new AwsClient("dynamodb", dynamoDb.access, { ...seam, http: { send } });
  const store = new DynamoDbStore(client, await dynamoDb.createTable());
  const backend = { ...on.backend, store };
  const image = on.cloud.operator.addImage({ name: "debian" });
  on.cloud.operator.addServer({ name: "web-golden", image });
  let triggers = 0;
  const begin = (is: Parameters<typeof recipe>[0] = {}) =>
    start(backend, "home01home02", recipe(is), {
      kind: "command",
      by: "anna",
      id: `t${(triggers += 1)}`,
    });
  const outcomeOf = async (id: string) => {
    const item = await store.get(runKey(id));
    return runSchema.parse(JSON.parse(item?.doc ?? "")).outcome;
  };
  const pass = (seconds: number) => {
    on.nowMs += seconds * 1000;
    on.cloud.settle();
  };
  /** Until the run has ended, and what was left to do then is done. */
  const finish = async (id: string) => {
    for (let checks = 0; checks < 200; checks++) {
      const messages = on.sent.splice(0);
      if (messages.length > 0) pass(Math.min(...messages.map((sent) => sent.delaySeconds)));
      for (const message of messages) await reconcile(backend, refresh, message.request);
      if (messages.length > 0) continue;
      const ended = (await outcomeOf(id)) !== null;
      pass(60);
      if ((await sweep(backend)) === 0 && ended) return;
    }
    throw new Error(`${id} has not ended`);
  };
  const told = (records = stream.records) =>
    records.flatMap(({ dynamodb }) => eventsOf(changeOf(dynamodb)));
  return { on, backend, stream, begin, finish, told };
}

describe("what the table's stream tells", () => {
  it("is a refresh from its start to its end, and what became of the images", async () => {
    const { begin, finish, told } = await open();
    const rules = { keep: 1, coolingOffMs: 0 };
    const first = await begin(rules);
    await finish(first);
    const second = await begin(rules);
    await finish(second);
    const events = told().map((event) => eventSchema.parse(event));
    expect(events.map(({ type, detail }) => [type, detail.run])).toEqual([
      ["Run Started", first],
      ["Image Promoted", first],
      ["Run Succeeded", first],
      ["Run Started", second],
      ["Image Promoted", second],
      ["Image To Be Deleted", first],
      ["Image Deleted", first],
      ["Run Succeeded", second],
    ]);
    const [promoted, succeeded, again, deleted] = [1, 2, 4, 6].map((at) => events[at]?.detail);
    const image = { id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: expect.any(String) };
    expect(promoted).toMatchObject({ image, replaces: null, rollback: false });
    if (promoted === undefined || !("image" in promoted)) throw new Error("no image is told");
    expect(succeeded).toMatchObject({ image: promoted.image });
    expect(again).toMatchObject({ image, replaces: promoted.image?.id });
    expect(deleted).toMatchObject({ image: promoted.image, was_current: true });
  });

  it("is told once per change, and again the same", async () => {
    const { begin, finish, told, stream } = await open();
    await finish(await begin());
    const ids = told().map(({ detail }) => detail.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(told([...stream.records, ...stream.records])).toEqual([...told(), ...told()]);
  });

  it("is every other end of a run too", async () => {
    const { backend, on, begin, finish, told, stream } = await open();
    const active = await begin();
    for (const { request: first } of on.sent.splice(0)) await reconcile(backend, refresh, first);
    const joined = await begin();
    for (const { request: first } of on.sent.splice(0)) await reconcile(backend, refresh, first);
    await backend.store.mark(runKey(active), { cancelAtMs: on.nowMs });
    await finish(active);
    const failed = await begin({ source: { kind: "server", idOrName: "nowhere" } });
    await finish(failed);
    const late = await begin({ deadlineMs: 0 });
    await finish(late);
    const ends = told().filter(({ type }) => type !== "Run Started");
    expect(ends).toMatchObject([
      { type: "Run Joined", detail: { run: joined, joined_run: active } },
      { type: "Image Deleted", detail: { run: active, was_current: false } },
      { type: "Run Cancelled", detail: { run: active, failure: { code: "cancelled" } } },
      { type: "Run Failed", detail: { run: failed, failure: { code: "source-not-found" } } },
      { type: "Run Failed", detail: { run: late, failure: { code: "deadline-passed" } } },
    ]);
    expect(stream.records.some(({ dynamodb }) => "cancelAtMs" in (dynamodb?.NewImage ?? {}))).toBe(
      true,
    );
  });
});

describe("the filter of serverless.yml", () => {
  it("lets through all that is to be told, and spares most of the rest", async () => {
    const { backend, on, begin, finish, told, stream } = await open();
    const rules = { keep: 1, coolingOffMs: 0 };
    await finish(await begin(rules));
    await finish(
      await begin({
        ...rules,
        prepare: {
          stopServer: true,
          stopTimeoutMs: 600_000,
          allowLive: false,
          waitForShutoffMs: null,
          restore: null,
          hook: null,
        },
      }),
    );
    const stuck = await begin();
    const [message] = on.sent.splice(0);
    if (message === undefined) throw new Error("no message was sent");
    await noteTrouble(backend, message.request, new Error("no"));
    await handleDeadLetter(backend, {
      body: JSON.stringify(message.request),
      queue: "prepare-source",
    });
    await finish(stuck);

    const patterns = filterPatterns();
    const passed = stream.records.filter((record) => passes(patterns, record));
    expect(told(passed)).toEqual(told());
    expect(new Set(told().map(({ type }) => type)).size).toBe(6);
    expect(passed.length).toBeLessThan(stream.records.length / 2);
    const kinds = (records: typeof passed) =>
      new Set(records.map(({ dynamodb }) => dynamodb?.Keys?.["sk"]?.S?.replace(/#.*/, "")));
    expect(kinds(passed)).toEqual(new Set(["head", "run"]));
    expect(kinds(stream.records)).toEqual(
      new Set(["head", "run", "lock", "t", "trouble", "letter", "create-image", "provenance"]),
    );
  });

  it("lets nothing through that has expired", () => {
    const removed = {
      Keys: { pk: { S: "R#web" }, sk: { S: "run#1" } },
      OldImage: { day: { S: "d" } },
    };
    expect(passes(filterPatterns(), { eventName: "REMOVE", dynamodb: removed })).toBe(false);
  });
});
