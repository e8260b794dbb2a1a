import type { Context, DynamoDBRecord } from "aws-lambda";
import * as z from "zod/mini";
import { handler as checkFreshness } from "../../../functions/check-freshness/handler.ts";
import { handler as sweep } from "../../../functions/sweep/handler.ts";
import { committedAttributes, keyAttributes } from "../../../shared/aws/dynamodb-item.ts";
import { openMetrics } from "../../../shared/lambda/embedded-metrics.ts";
import { about } from "../../../shared/lambda/invocation.ts";
import { NAMESPACE } from "../../../shared/lambda/metrics.ts";
import { publishRecords } from "../../../shared/lambda/publish-records.ts";
import { type Outcome, OUTCOMES } from "../../../shared/run/record.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { STEP_NAMES } from "../../../shared/run/step-names.ts";
import { Installation } from "../../functions/installation.ts";
import { candidate, NOW, run, sourceItem } from "../../unit/builders.ts";
import { ofType, targetOf, type Template } from "./compiled.ts";
import { functionNamed } from "./permissions.ts";

type Handler = (event: unknown, context: Context) => Promise<unknown>;

const lineSchema = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int(),
    CloudWatchMetrics: z.tuple([
      z.strictObject({
        Namespace: z.literal(NAMESPACE),
        Dimensions: z.tuple([z.array(z.string())]),
        Metrics: z
          .array(z.strictObject({ Name: z.string(), Unit: z.string() }))
          .check(z.minLength(1)),
      }),
    ]),
  }),
});

/** 100 values of one metric at most (CloudWatch user guide, Specification: Embedded metric format). */
const valueSchema = z.union([
  z.number(),
  z.array(z.number()).check(z.minLength(1), z.maxLength(100)),
]);

/** As CloudWatch tells them apart: `regild_sweep_sent_on_total FunctionName=regild-prod-sweep kind=run`. */
export function metricsIn(line: string): string[] {
  const read = lineSchema.parse(JSON.parse(line));
  const [{ Dimensions, Metrics }] = read._aws.CloudWatchMetrics;
  return Metrics.map(({ Name }) => {
    valueSchema.parse(read[Name]);
    return metric(
      Name,
      Dimensions[0].map((name) => [name, z.string().check(z.minLength(1)).parse(read[name])]),
    );
  });
}

function metric(name: string, dimensions: ReadonlyArray<readonly string[]>): string {
  return [name, ...dimensions.map((pair) => pair.join("=")).toSorted()].join(" ");
}

/** At what is left in a function's code of a seam, what is measured there and written when it happens. */
const AT_SEAMS: Array<[seam: RegExp, metrics: string[]]> = [
  [
    /\bmeasurements\d*\.watched\(/,
    ["regild_cloud_requests_total", "regild_cloud_requests_repeated_total"],
  ],
  [/\bmeasurements\d*\.awsCallRepeated\(/, ["regild_aws_requests_repeated_total"]],
];

/**
 * What functions write when there is something to write, each under its name in the template.
 * @param texts readable bundles, by function.
 */
export async function writtenMetrics(
  template: Template,
  texts: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const lines: string[] = [];
  const on = new Installation();
  const metrics = openMetrics({ now: () => NOW, write: (line) => lines.push(line) });
  Object.assign(on.backend, { metrics });
  on.putRun(run(), 1, { sweepAtMs: NOW });
  on.put({ pk: "R#web", sk: "head" }, {}, 1, { sweepAtMs: NOW });
  on.put({ pk: "S#server-1", sk: "lock" }, sourceItem(), 1, { sweepAtMs: NOW });
  on.put({ pk: "R#web", sk: "report#20261123-093012-k3f9q2#ops" }, {}, 1, { sweepAtMs: NOW });
  const call = (id: string, handler: Handler) =>
    on.call(handler, {}, { functionName: nameOf(template, id) });
  await call("SweepLambdaFunction", sweep);
  await call("CheckDashfreshnessLambdaFunction", checkFreshness);
  const bus = { maxEvents: 10, put: async () => [] };
  const unreadable = {};
  await about({ function: nameOf(template, "PublishDasheventsLambdaFunction") }, () =>
    publishRecords({ ...on.backend, bus }, [...OUTCOMES.map(endOfRun), unreadable]),
  );
  return new Set([...lines.flatMap(metricsIn), ...atSeams(template, texts)]);
}

/** A run that ends so, after it was in every step: as the table's stream tells of it. */
function endOfRun(outcome: Outcome): DynamoDBRecord {
  const timeline = STEP_NAMES.map((step) => ({
    atMs: NOW,
    step,
    kind: "step" as const,
    text: "",
    count: 1,
    calls: [],
  }));
  const doc = JSON.stringify(
    run({ outcome, endedAtMs: NOW, timeline, candidate: candidate({ activeAtMs: NOW }) }),
  );
  const key = runKey(run().id);
  const write = { key, writeId: "w", sweepAtMs: null, day: "2026-11-23", expiresAtMs: null, doc };
  const committed = Object.entries(committedAttributes(write, 7));
  const set = committed.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const NewImage = { ...keyAttributes(key), ...Object.fromEntries(set) };
  return { dynamodb: { SequenceNumber: outcome, ApproximateCreationDateTime: 1, NewImage } };
}

function atSeams(template: Template, texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([name, text]) => {
    const seams = AT_SEAMS.filter(([seam]) => seam.test(text));
    const measured = seams.flatMap(([, metrics]) => metrics);
    // Only that step looks at uploads.
    const late = measured.includes("regild_cloud_requests_total") && name === "check-status";
    const [id] = functionNamed(template, name);
    return [...measured, ...(late ? ["regild_upload_seen_late_seconds"] : [])].map((one) =>
      metric(one, [["FunctionName", nameOf(template, id)]]),
    );
  });
}

function nameOf({ Resources }: Template, functionId: string): string {
  return z.string().parse(Resources[functionId]?.Properties["FunctionName"]);
}

const alarmSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
});

/** Alarms and charts of numbers of our own that nobody writes: they would never go off, or stay empty. */
export function unwritten(template: Template, written: ReadonlySet<string>): string[] {
  return [...unwrittenOfAlarms(template, written), ...unwrittenOfCharts(template, written)];
}

function unwrittenOfAlarms(template: Template, written: ReadonlySet<string>): string[] {
  return ofType(template, "AWS::CloudWatch::Alarm").flatMap(([id, { Properties }]) => {
    const { Namespace, MetricName, Dimensions } = alarmSchema.parse(Properties);
    if (Namespace.startsWith("AWS/")) return [];
    const dimensions = Dimensions.map(({ Name, Value }) => {
      const target = targetOf(Value);
      return [Name, target === null ? String(Value) : nameOf(template, target)];
    });
    const watched = metric(MetricName, dimensions);
    if (Namespace === NAMESPACE && written.has(watched)) return [];
    if (countedInLogs(template).has(`${Namespace} ${watched}`)) return [];
    return [`${id}: nobody writes ${Namespace} ${watched}`];
  });
}

const filterSchema = z.object({
  LogGroupName: z.unknown(),
  MetricTransformations: z.array(z.object({ MetricNamespace: z.string(), MetricName: z.string() })),
});

/** Metrics that CloudWatch counts in a log of the template. */
function countedInLogs(template: Template): Set<string> {
  const filters = ofType(template, "AWS::Logs::MetricFilter")
    .map(([, { Properties }]) => filterSchema.parse(Properties))
    .filter(
      ({ LogGroupName }) =>
        template.Resources[targetOf(LogGroupName) ?? ""]?.Type === "AWS::Logs::LogGroup",
    );
  return new Set(
    filters.flatMap(({ MetricTransformations }) =>
      MetricTransformations.map((is) => `${is.MetricNamespace} ${metric(is.MetricName, [])}`),
    ),
  );
}

const dashboardSchema = z.object({
  DashboardBody: z.strictObject({ "Fn::Sub": z.string() }),
});
const widgetsSchema = z.object({
  widgets: z.array(z.object({ properties: z.object({ metrics: z.array(z.array(z.string())) }) })),
});

function unwrittenOfCharts(template: Template, written: ReadonlySet<string>): string[] {
  return ofType(template, "AWS::CloudWatch::Dashboard").flatMap(([id, { Properties }]) => {
    const body = dashboardSchema.parse(Properties).DashboardBody["Fn::Sub"];
    const { widgets } = widgetsSchema.parse(JSON.parse(body));
    return widgets
      .flatMap(({ properties }) => properties.metrics)
      .filter(([namespace = ""]) => !namespace.startsWith("AWS/"))
      .map(([namespace, name = "", ...words]) => ({
        namespace,
        shown: metric(name, pairsOf(words)),
      }))
      .filter(({ namespace, shown }) => namespace !== NAMESPACE || !written.has(shown))
      .map(({ namespace, shown }) => `${id}: nobody writes ${namespace} ${shown}`);
  });
}

function pairsOf(words: readonly string[]): string[][] {
  return words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""]] : []));
}
