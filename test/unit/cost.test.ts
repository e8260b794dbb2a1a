import { expect, it } from "vitest";
import { breakEven, inStepFunctions, instanceHeld } from "../../bench/cost/alternatives.ts";
import { billedMs, gibSeconds } from "../../bench/cost/billed-time.ts";
import { metricsIn } from "../../bench/cost/own-metrics.ts";
import { sum, times, usdOf } from "../../bench/cost/quantities.ts";
import { readUnits, sizeOf, writeUnits } from "../../bench/cost/request-units.ts";
import { pollsPerMonth, watching } from "../../bench/cost/standing.ts";
import { TableMirror } from "../../bench/cost/table-mirror.ts";
import { emptyTally, quantitiesOf } from "../../bench/cost/tally.ts";

const text = (length: number) => ({ S: "x".repeat(length) });
const INDICES = [["shard", "sweepAtMs", "pk", "sk"]];

it("counts times prices are dollars", () => {
  // 2 × 0.2 + 30,000 × 0.0000133334
  expect(usdOf({ lambdaRequest: 2_000_000, lambdaGibSecond: 30_000 })).toBeCloseTo(0.800002, 9);
  expect(usdOf({ alarmMonth: 58, dashboardMonth: 1 })).toBeCloseTo(8.8, 9);
});

it("quantities are added and multiplied by their names", () => {
  const twice = sum([{ sqsRequest: 3 }, { sqsRequest: 4, dynamoDbRead: 0.5 }]);
  expect(times(twice, 2)).toEqual({ sqsRequest: 14, dynamoDbRead: 1 });
});

it("CPU time is stretched by the share of a processor, and rounded up to milliseconds", () => {
  // 1769 / 512 = 3.455…: 34.55 ms of work, and what was waited
  expect(billedMs({ cpuMs: 10, waitMs: 25, memoryMib: 512 })).toBe(35 + 25);
  expect(billedMs({ cpuMs: 10, waitMs: 0, memoryMib: 3538 })).toBe(10);
  expect(gibSeconds(3000, 512)).toBe(1.5);
});

it("an item is as large as its names and values", () => {
  // pk 2 + 5, version 7 + 1 + 1, sweepAtMs 9 + 7 + 1
  const item = { pk: text(5), version: { N: "12" }, sweepAtMs: { N: "1795000000000" } };
  expect(sizeOf(item)).toBe(7 + 9 + 17);
});

it("reads are counted by 4 KiB, half of it where they may be stale", () => {
  expect(readUnits(0, true)).toBe(1);
  expect(readUnits(4096, true)).toBe(1);
  expect(readUnits(4097, true)).toBe(2);
  expect(readUnits(4097, false)).toBe(1);
  expect(readUnits(0, false)).toBe(0.5);
});

it("writes are counted by 1 KiB of the larger of both items", () => {
  const small = { pk: text(10) };
  const large = { pk: text(10), doc: text(2100) };
  expect(writeUnits(null, small, [])).toBe(1);
  expect(writeUnits(small, large, [])).toBe(3);
  expect(writeUnits(large, small, [])).toBe(3);
  expect(writeUnits(large, null, INDICES)).toBe(3);
});

it("an index entry costs one write to come or go, two to move, none to stay", () => {
  const out = { pk: text(1), sk: text(1), shard: { N: "1" } };
  const early = { ...out, sweepAtMs: { N: "100" } };
  const late = { ...out, sweepAtMs: { N: "200" } };
  expect(writeUnits(null, out, INDICES)).toBe(1);
  expect(writeUnits(out, early, INDICES)).toBe(1 + 1);
  expect(writeUnits(early, late, INDICES)).toBe(1 + 2);
  expect(writeUnits(late, { ...late, doc: text(5) }, INDICES)).toBe(1);
  expect(writeUnits(late, out, INDICES)).toBe(1 + 1);
});

it("a function's tally becomes what AWS counts", () => {
  const tally = {
    ...emptyTally(),
    invocations: 10,
    newInstances: 2,
    workMs: 500,
    calls: { dynamodb: 20, sqs: 10, ssm: 2, events: 0, cloud: 5 },
    logBytes: 7000,
  };
  // 500 + 20 × 5 + 10 × 10 + 2 × 30 + 5 × 250 = 2010 ms with half a GiB
  const quantities = quantitiesOf(tally, 512);
  expect(quantities.lambdaGibSecond).toBeCloseTo(1.005, 9);
  expect((quantities.logGib ?? 0) * 1024 ** 3).toBeCloseTo(7000 + 10 * 265 + 2 * 175, 6);
});

it("pollers ask all month: five of each queue with a maximum concurrency, two without", () => {
  const mapping = (Properties: Record<string, unknown>) => ({
    Type: "AWS::Lambda::EventSourceMapping",
    Properties,
  });
  const template = {
    Parameters: {},
    Outputs: {},
    Resources: {
      A: mapping({ ScalingConfig: { MaximumConcurrency: 2 } }),
      B: mapping({}),
      Stream: mapping({ StartingPosition: "LATEST" }),
      C: { Type: "AWS::CloudWatch::Alarm", Properties: { MetricName: "Errors" } },
      D: { Type: "AWS::CloudWatch::Alarm", Properties: { Metrics: [{}, {}] } },
    },
  };
  expect(pollsPerMonth(template)).toBe(7 * 3 * 60 * 24 * 30);
  expect(watching(template)).toEqual({ alarmMonth: 3, dashboardMonth: 0 });
});

it("a metric counts in each hour it is sent in, by name and words", () => {
  const line = JSON.stringify({
    _aws: {
      Timestamp: 7_200_000,
      CloudWatchMetrics: [
        {
          Namespace: "Regild",
          Dimensions: [["FunctionName"]],
          Metrics: [
            { Name: "regild_cloud_requests_total" },
            { Name: "regild_upload_seen_late_seconds" },
          ],
        },
      ],
    },
    FunctionName: "f",
    regild_cloud_requests_total: 3,
    regild_upload_seen_late_seconds: [1, 2],
  });
  expect(metricsIn(line)).toEqual({
    metricHours: [
      "Regild regild_cloud_requests_total FunctionName=f 2",
      "Regild regild_upload_seen_late_seconds FunctionName=f 2",
    ],
    cloudCalls: 3,
  });
  expect(metricsIn('{"level":"INFO"}')).toBeNull();
});

it("Step Functions charge three transitions a check, and need neither queues nor hops", () => {
  const hop = { lambdaRequest: 1, sqsRequest: 3 };
  const refresh = { lambdaRequest: 20, sqsRequest: 60, dynamoDbWrite: 40 };
  expect(inStepFunctions({ refresh, checks: 12, hops: 5, hop })).toEqual({
    lambdaRequest: 15,
    dynamoDbWrite: 40,
    stateTransition: 36,
  });
});

it("an instance costs itself, its address, and its disk for the time", () => {
  // 0.0042 + 0.005 + 8 × 0.0952 / 720
  expect(usdOf(instanceHeld(1))).toBeCloseTo(0.010258, 6);
});

it("what stands is made good by what a refresh saves, or never", () => {
  const cheapToRun = { standing: 5, perRefresh: 0.001 };
  expect(breakEven(cheapToRun, { standing: 1, perRefresh: 0.003 })).toBeCloseTo(2000, 6);
  expect(breakEven(cheapToRun, { standing: 7, perRefresh: 0 })).toBeCloseTo(2000, 6);
  expect(breakEven(cheapToRun, { standing: 9, perRefresh: 0.003 })).toBeNull();
  expect(breakEven(cheapToRun, cheapToRun)).toBeNull();
});

it("of a table every item is known as the updates have left it", () => {
  const keys = (...names: string[]) => names.map((AttributeName) => ({ AttributeName }));
  const due = {
    KeySchema: keys("shard", "sweepAtMs"),
    Projection: { ProjectionType: "KEYS_ONLY" },
  };
  const Table = {
    Type: "AWS::DynamoDB::Table",
    Properties: { KeySchema: keys("pk", "sk"), GlobalSecondaryIndexes: [due] },
  };
  const mirror = new TableMirror({ Parameters: {}, Outputs: {}, Resources: { Table } });
  const call = (action: string, input: Record<string, unknown>) => ({
    caller: "",
    action: `dynamodb:${action}`,
    input,
    headers: {},
    body: "",
  });
  const ok = { status: 200, text: "{}" };
  const update = (expression: string) =>
    call("UpdateItem", {
      Key: { pk: { S: "p" }, sk: { S: "s" } },
      UpdateExpression: expression,
      ExpressionAttributeNames: { "#doc": "doc", "#shard": "shard", "#sweepAtMs": "sweepAtMs" },
      ExpressionAttributeValues: {
        ":doc": text(1500),
        ":shard": { N: "1" },
        ":sweepAtMs": { N: "5" },
      },
    });

  const born = update("SET #doc = :doc, #shard = :shard, #sweepAtMs = :sweepAtMs");
  expect(mirror.unitsOf(born, ok)).toEqual({ read: 0, write: 2 + 1 });
  expect(mirror.unitsOf(born, { ...ok, status: 400 })).toEqual({ read: 0, write: 2 });
  const over = update("SET #doc = :doc REMOVE #sweepAtMs, #shard");
  expect(mirror.unitsOf(over, ok)).toEqual({ read: 0, write: 2 + 1 });
  const query = call("Query", { ConsistentRead: true });
  const found = {
    status: 200,
    text: JSON.stringify({ Items: [{ doc: text(3000) }, { doc: text(3000) }] }),
  };
  expect(mirror.unitsOf(query, found)).toEqual({ read: 2, write: 0 });
  expect(() => mirror.unitsOf(call("Scan", {}), ok)).toThrow("dynamodb:Scan");
});
