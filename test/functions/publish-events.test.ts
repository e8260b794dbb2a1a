import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { handler } from "../../functions/publish-events/handler.ts";
import { publishRecords } from "../../shared/lambda/publish-records.ts";
import type { Metrics } from "../../shared/lambda/metrics.ts";
import type { RegildEvent } from "../../shared/events/event.ts";
import type { NotTaken } from "../../shared/events/publish.ts";
import { openEventBridge, refusing } from "../aws/event-bridge.ts";
import { runSchema } from "../../shared/run/record.ts";
import { readSample } from "./installation.ts";

const attributes = z.record(
  z.string(),
  z.union([z.strictObject({ S: z.string() }), z.strictObject({ N: z.string() })]),
);
const streamEvent: z.ZodMiniType<DynamoDBStreamEvent> = z.strictObject({
  Records: z.array(
    z.strictObject({
      eventID: z.string().check(z.length(32)),
      eventName: z.enum(["INSERT", "MODIFY"]),
      eventVersion: z.literal("1.1"),
      eventSource: z.literal("aws:dynamodb"),
      awsRegion: z.string(),
      dynamodb: z.strictObject({
        ApproximateCreationDateTime: z.number(),
        Keys: attributes,
        NewImage: attributes,
        OldImage: z.exactOptional(attributes),
        SequenceNumber: z.string().check(z.regex(/^\d{21}$/)),
        SizeBytes: z.int(),
        StreamViewType: z.literal("NEW_AND_OLD_IMAGES"),
      }),
      eventSourceARN: z.string(),
    }),
  ),
});
const sample = (name: string) =>
  streamEvent.parse(JSON.parse(readSample(`publish-events/${name}`)));
const placesOf = ({ Records }: DynamoDBStreamEvent) =>
  Records.map(({ dynamodb }) => dynamodb?.SequenceNumber);

describe("the function, over HTTP", () => {
  let eventBridge: Awaited<ReturnType<typeof openEventBridge>>;
  beforeAll(async () => {
    eventBridge = await openEventBridge();
    const environment = {
      REGILD_EVENT_BUS: "regild-test",
      REGILD_TABLE: "regild-test",
      REGILD_QUEUE_URL_PREFIX: "https://sqs.eu-west-1.amazonaws.com/123456789012/regild-test-",
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge.endpoint,
      POWERTOOLS_LOG_LEVEL: "SILENT",
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  });
  beforeEach(() => {
    vi.spyOn(process.stdout, "write").mockReturnValue(true); // numbers for CloudWatch
    eventBridge.requests.length = 0;
    eventBridge.moods.length = 0;
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(() => {
    eventBridge.close();
    vi.unstubAllEnvs();
  });

  /** The little of Lambda's context that middy looks at. */
  const context = z.custom<Context>().parse({ functionName: "publish-events", awsRequestId: "r" });
  const told = () => eventBridge.requests.flat().map(({ event }) => event);

  it.each([
    ["run-started", "Run Started", { outcome: null }],
    ["run-succeeded", "Run Succeeded", { outcome: "succeeded", failure: null }],
    ["run-failed", "Run Failed", { failure: { code: "source-not-found" } }],
    ["image-deleted", "Image Deleted", { was_current: true }],
  ])("tells of %s", async (name, type, detail) => {
    expect(await handler(sample(name), context)).toEqual({ batchItemFailures: [] });
    expect(told()).toMatchObject([
      { type, detail: { recipe: "web", cloud: "mycloud", ...detail } },
    ]);
    expect(eventBridge.requests[0]?.[0]).toMatchObject({ bus: "regild-test" });
  });

  it("tells of a promotion, and of the image that the recipe keeps no longer", async () => {
    expect(await handler(sample("image-promoted"), context)).toEqual({ batchItemFailures: [] });
    const replaces = { rollback: false, replaces: expect.any(String) };
    const after = { deleted_after: "2026-11-23T09:31:18.000Z" };
    expect(told()).toMatchObject([
      { type: "Image Promoted", detail: { recipe: "web", cloud: "mycloud", ...replaces } },
      { type: "Image To Be Deleted", detail: { recipe: "web", cloud: "mycloud", ...after } },
    ]);
  });

  it("begins again from the first record that could not be told", async () => {
    const event = { Records: [...sample("run-started").Records, ...sample("run-failed").Records] };
    await handler(event, context);
    const second = told()[1]?.detail.id ?? "";
    eventBridge.moods.push(refusing("AccessDeniedException", [second]));
    expect(await handler(event, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: placesOf(event)[1] }],
    });
  });
});

/** A bus that answers as it is told, ten events at once. */
function stage(answer: (event: RegildEvent) => NotTaken | null = () => null) {
  const puts: RegildEvent[][] = [];
  const logged: Array<[level: string, message: string, fields: object]> = [];
  const log =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void logged.push([level, message, fields]);
  const bus = {
    maxEvents: 10,
    put: async (events: readonly RegildEvent[]) => {
      puts.push([...events]);
      return events.map(answer);
    },
  };
  const measured: Array<Parameters<Metrics["put"]>> = [];
  const metrics: Metrics = { put: (...put) => void measured.push(put) };
  const on = { bus, metrics, log: { info: log("info"), warn: log("warn"), error: log("error") } };
  return {
    on,
    puts,
    logged,
    measured,
    errors: () => logged.filter(([level]) => level === "error"),
  };
}

/** So many runs that start, in order. */
function starts(count: number): DynamoDBStreamEvent["Records"] {
  const [first] = sample("run-started").Records;
  return Array.from({ length: count }, (_, at) => {
    const record = structuredClone(first);
    if (record?.dynamodb?.NewImage === undefined) throw new Error("the sample has no record");
    record.dynamodb.SequenceNumber = String(at + 1);
    record.dynamodb.NewImage["writeId"] = { S: `w${at + 1}` };
    return record;
  });
}

describe("a batch", () => {
  it("is told in requests of ten, in the stream's order", async () => {
    const { on, puts } = stage();
    expect(await publishRecords(on, starts(23))).toEqual({ batchItemFailures: [] });
    expect(puts.map((events) => events.length)).toEqual([10, 10, 3]);
    const again = stage();
    await publishRecords(again.on, starts(23));
    expect(again.puts).toEqual(puts);
  });

  it("that tells nothing asks nobody", async () => {
    const { on, puts } = stage();
    const [record] = sample("run-failed").Records;
    const marked = structuredClone(record);
    if (marked?.dynamodb !== undefined) marked.dynamodb.OldImage = marked.dynamodb.NewImage ?? {};
    expect(await publishRecords(on, marked === undefined ? [] : [marked])).toEqual({
      batchItemFailures: [],
    });
    expect(puts).toEqual([]);
  });

  it("begins again with the first event that was not taken, and tells nothing that comes later", async () => {
    const no = { code: "ThrottlingException", message: "no", forGood: false };
    const [, , ...late] = await idsOf(starts(5));
    const { on, puts } = stage(({ detail }) => (late.includes(detail.id) ? no : null));
    expect(await publishRecords(on, starts(23))).toEqual({
      batchItemFailures: [{ itemIdentifier: "3" }],
    });
    expect(puts).toHaveLength(1);
  });

  it("begins again where the bus was not to be reached", async () => {
    const { on, errors } = stage();
    let puts = 0;
    const put = on.bus.put;
    on.bus.put = (events) => ((puts += 1) === 2 ? Promise.reject(new Error("down")) : put(events));
    expect(await publishRecords(on, starts(23))).toEqual({
      batchItemFailures: [{ itemIdentifier: "11" }],
    });
    expect(errors()).toEqual([
      ["error", "events will be told again", { events: 10, error: "Error: down" }],
    ]);
  });

  it("is not held up by an event that the bus will never take, which is logged", async () => {
    const no = { code: "MalformedDetail", message: "no", forGood: true };
    const [, second] = await idsOf(starts(3));
    const { on, puts, measured, errors } = stage(({ detail }) =>
      detail.id === second ? no : null,
    );
    expect(await publishRecords(on, starts(12))).toEqual({ batchItemFailures: [] });
    expect(puts).toHaveLength(2);
    expect(measured).toEqual([[{ regild_events_lost_total: 1 }]]);
    expect(errors()).toMatchObject([
      ["error", "event was refused for good", { id: second, code: "MalformedDetail" }],
    ]);
  });

  it("is not held up by a record that cannot be read, which is logged with what proves it", async () => {
    const { on, puts, errors } = stage();
    const event = sample("one-of-three-unreadable");
    expect(await publishRecords(on, event.Records)).toEqual({ batchItemFailures: [] });
    expect(puts.flat().map(({ type }) => type)).toEqual(["Run Started", "Run Succeeded"]);
    expect(errors()).toEqual([
      [
        "error",
        "record cannot be told",
        {
          place: placesOf(event)[1],
          keys: { pk: { S: "R#web" }, sk: { S: "head" } },
          version: { N: "9" },
          error: expect.stringContaining("schema: "),
        },
      ],
    ]);
  });

  it("is not held up by what is no record of the store", async () => {
    const { on, measured, errors } = stage();
    const [record] = sample("run-started").Records;
    const strange = { ...record, dynamodb: { SequenceNumber: "1", NewImage: { pk: { S: "p" } } } };
    expect(await publishRecords(on, [strange, {}])).toEqual({ batchItemFailures: [] });
    expect(errors()).toHaveLength(2);
    expect(measured).toEqual([[{ regild_events_lost_total: 2 }]]);
  });

  it("counts the runs that end in it, their seconds in each step, and those of the upload", async () => {
    const { on, measured } = stage();
    const { Records } = sample("run-succeeded");
    await publishRecords(on, [...starts(2), ...Records]);
    expect(measured[0]).toEqual([{ regild_runs_total: 1 }, { outcome: "succeeded" }]);
    const run = runSchema.parse(JSON.parse(Records[0]?.dynamodb?.NewImage?.["doc"]?.S ?? ""));
    const steps = new Set(run.timeline.map(({ step }) => step));
    expect(measured.slice(1).map(([, by]) => by)).toEqual([
      ...[...steps].map((step) => ({ step })),
      {},
    ]);
    const { activeAtMs, askedAtMs = 0 } = run.candidate ?? {};
    const upload = { regild_upload_duration_seconds: ((activeAtMs ?? 0) - askedAtMs) / 1000 };
    expect(measured.at(-1)).toEqual([upload, {}]);
    expect(upload.regild_upload_duration_seconds).toBeGreaterThan(0);
    const seconds = measured
      .slice(1)
      .flatMap(([{ regild_step_duration_seconds }]) => regild_step_duration_seconds ?? []);
    const took = ((run.endedAtMs ?? 0) - run.startedAtMs) / 1000;
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeCloseTo(took);
  });

  it("counts nothing that will be told again", async () => {
    const no = { code: "ThrottlingException", message: "no", forGood: false };
    const { on, measured } = stage(({ type }) => (type === "Run Started" ? no : null));
    const ended = sample("run-succeeded").Records;
    await publishRecords(on, [...starts(1), ...ended]);
    expect(measured).toEqual([]);
    await publishRecords(on, [...ended, ...starts(1)]);
    expect(measured[0]).toEqual([{ regild_runs_total: 1 }, { outcome: "succeeded" }]);
  });

  it("tells the log what was told, and the outcome", async () => {
    const { on, puts, logged, measured } = stage();
    await publishRecords(on, sample("image-promoted").Records);
    const lines = puts.flat().map(({ type, detail: { id, recipe, run } }) => {
      return ["info", "told", { type, id, recipe, run }];
    });
    const outcome = { "event.name": "regild.image.promoted", "cicd.pipeline.name": "web" };
    expect(logged).toEqual([
      ...lines,
      ["info", "image promoted", expect.objectContaining(outcome)],
    ]);
    expect(measured).toEqual([]);
  });
});

async function idsOf(records: DynamoDBStreamEvent["Records"]): Promise<string[]> {
  const { on, puts } = stage();
  await publishRecords(on, records);
  return puts.flat().map(({ detail }) => detail.id);
}
