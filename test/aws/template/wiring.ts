import * as z from "zod/mini";
import { committedAttributes } from "../../../shared/aws/dynamodb-item.ts";
import { tableDefinition } from "../table.ts";
import { ofType, type Resource, targetOf, type Template } from "./compiled.ts";
import { allowedBy, trusts } from "./permissions.ts";
import { failuresOf, streams } from "./streams.ts";

const redriveSchema = z.object({
  deadLetterTargetArn: z.unknown(),
  maxReceiveCount: z.int().check(z.minimum(1)),
});
const queueSchema = z.object({
  VisibilityTimeout: z._default(z.number(), 30),
  MessageRetentionPeriod: z.number(),
  RedrivePolicy: z.optional(redriveSchema),
});
const mappingSchema = z.object({
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z._default(z.number(), 0),
  FunctionResponseTypes: z._default(z.array(z.string()), []),
  ScalingConfig: z.optional(z.object({ MaximumConcurrency: z.int() })),
});
const timeoutSchema = z.object({ Timeout: z.number() });

const VISIBILITY_OVER_TIMEOUT = 6;
const MAX_BATCH_WITHOUT_WINDOW = 10;

/** Queues without a dead-letter queue of their own or without a function; messages that could be lost or come too soon. */
export function badQueues(template: Template): string[] {
  const failures = streams(template).map(([, mapping]) => failuresOf(mapping));
  const queues = new Map(
    ofType(template, "AWS::SQS::Queue").filter(([id]) => !failures.includes(id)),
  );
  const deadOf = new Map<string, string>();
  const problems: string[] = [];
  for (const [id, { Properties }] of queues) {
    const { RedrivePolicy: redrive } = queueSchema.parse(Properties);
    if (redrive === undefined) continue;
    const dead = targetOf(redrive.deadLetterTargetArn) ?? "?";
    const owner = deadOf.get(dead);
    if (owner !== undefined) problems.push(`${id}: ${dead} is that of ${owner} already`);
    deadOf.set(dead, id);
  }
  for (const [id, { Properties }] of queues) {
    const { RedrivePolicy, MessageRetentionPeriod: seconds } = queueSchema.parse(Properties);
    const owner = queues.get(deadOf.get(id) ?? "");
    if (RedrivePolicy === undefined && owner === undefined) {
      problems.push(`${id} has no dead-letter queue`);
    } else if (owner !== undefined) {
      // A message's age counts from its first queue.
      const before = queueSchema.parse(owner.Properties).MessageRetentionPeriod;
      if (seconds <= before) problems.push(`${id} forgets what comes late`);
    }
    problems.push(...badMapping(template, id, queueSchema.parse(Properties)));
  }
  return problems;
}

function badMapping(
  template: Template,
  queueId: string,
  { VisibilityTimeout, RedrivePolicy }: z.infer<typeof queueSchema>,
): string[] {
  const [mapping, ...others] = ofType(template, "AWS::Lambda::EventSourceMapping").filter(
    ([, { Properties }]) => targetOf(Properties["EventSourceArn"]) === queueId,
  );
  if (mapping === undefined || others.length > 0) {
    return [`${queueId} is received by ${others.length === 0 ? "nobody" : "several functions"}`];
  }
  const [id, { Properties }] = mapping;
  const is = mappingSchema.parse(Properties);
  const receiver = template.Resources[targetOf(Properties["FunctionName"]) ?? ""];
  const { Timeout } = timeoutSchema.parse(receiver?.Properties);
  const problems: Array<[isBad: boolean, text: string]> = [
    [
      VisibilityTimeout < VISIBILITY_OVER_TIMEOUT * Timeout,
      `${queueId} shows a message again before its function can be done with it`,
    ],
    [
      RedrivePolicy !== undefined && !is.FunctionResponseTypes.includes("ReportBatchItemFailures"),
      `${id}: one failure fails the whole batch`,
    ],
    [
      RedrivePolicy !== undefined && is.ScalingConfig === undefined,
      `${id} has no maximum concurrency`,
    ],
    [
      RedrivePolicy === undefined && is.ScalingConfig !== undefined,
      `${id} is paid for being asked more often than its dead letters need`,
    ],
    [
      is.BatchSize > MAX_BATCH_WITHOUT_WINDOW && is.MaximumBatchingWindowInSeconds === 0,
      `${id}: a batch of ${is.BatchSize} needs a window`,
    ],
  ];
  return problems.flatMap(([isBad, text]) => (isBad ? [text] : []));
}

const alarmSchema = z.object({
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Value: z.unknown() })),
  AlarmActions: z._default(z.array(z.unknown()), []),
});

/** What nobody would be told of. */
export function unwatched(template: Template): string[] {
  const told = new Set<string>();
  const problems: string[] = [];
  for (const [id, { Properties }] of ofType(template, "AWS::CloudWatch::Alarm")) {
    const { MetricName, Dimensions, AlarmActions } = alarmSchema.parse(Properties);
    if (Dimensions.length === 0) told.add(MetricName);
    for (const { Value } of Dimensions) told.add(`${MetricName} of ${targetOf(Value)}`);
    const topics = AlarmActions.map((action) => template.Resources[targetOf(action) ?? ""]?.Type);
    if (!topics.includes("AWS::SNS::Topic")) problems.push(`${id} tells nobody`);
  }
  const failures = streams(template).map(([, mapping]) => failuresOf(mapping));
  const wanted = [
    ...ofType(template, "AWS::SQS::Queue").flatMap(([id, { Properties }]) =>
      failures.includes(id)
        ? [`ApproximateNumberOfMessagesVisible of ${id}`]
        : [
            `ApproximateAgeOfOldestMessage of ${id}`,
            ...("RedrivePolicy" in Properties ? [] : [`NumberOfMessagesReceived of ${id}`]),
          ],
    ),
    ...streams(template).map(
      ([, { Properties }]) => `IteratorAge of ${targetOf(Properties["FunctionName"])}`,
    ),
    ...ofType(template, "AWS::Lambda::Function").flatMap(([id]) => [
      `Errors of ${id}`,
      `Throttles of ${id}`,
    ]),
    ...ofType(template, "AWS::Scheduler::Schedule").map(
      ([, schedule]) => `Invocations of ${startedBy(schedule).function}`,
    ),
    "regild_recipe_overdue of CheckDashfreshnessLambdaFunction",
    "regild_recipe_current_unusable of CheckDashfreshnessLambdaFunction",
    "regild_sweep_sent_on_total of SweepLambdaFunction",
    "regild_events_lost_total of PublishDasheventsLambdaFunction",
    ...ofType(template, "AWS::ApiGatewayV2::Api").flatMap(([id]) => [
      `5xx of ${id}`,
      `4xx of ${id}`,
    ]),
    "RequestsThrottled",
  ];
  return [...problems, ...wanted.filter((one) => !told.has(one)).map((one) => `no alarm: ${one}`)];
}

const scheduleSchema = z.object({
  ScheduleExpression: z.string(),
  State: z.literal("ENABLED"),
  Target: z.object({ Arn: z.unknown(), RoleArn: z.unknown() }),
});

function startedBy({ Properties }: Resource) {
  const { Target, ScheduleExpression } = scheduleSchema.parse(Properties);
  return {
    function: targetOf(Target.Arn) ?? "?",
    role: targetOf(Target.RoleArn) ?? "?",
    ScheduleExpression,
  };
}

/** Schedules that would start nothing: EventBridge has no permission but its role's. */
export function badSchedules(template: Template, scheduled: readonly string[]): string[] {
  const schedules = ofType(template, "AWS::Scheduler::Schedule");
  const problems = schedules.flatMap(([id, schedule]) => {
    const started = startedBy(schedule);
    const role = template.Resources[started.role];
    if (!trusts(role, "scheduler.amazonaws.com")) return [`${id}: its role is not for schedules`];
    const mayInvoke = allowedBy(role).some(
      ({ Effect, Action, Resource }) =>
        Effect === "Allow" &&
        Action.includes("lambda:InvokeFunction") &&
        Resource.some((one) => targetOf(one) === started.function),
    );
    return mayInvoke ? [] : [`${id}: its role may not invoke ${started.function}`];
  });
  const started = schedules.map(([, schedule]) => startedBy(schedule).function);
  const forgotten = scheduled.filter((id) => !started.includes(id));
  return [...problems, ...forgotten.map((id) => `${id} is started by nobody`)];
}

const tableSchema = z.looseObject({
  DeletionProtectionEnabled: z.literal(true),
  StreamSpecification: z.object({ StreamViewType: z.literal("NEW_AND_OLD_IMAGES") }),
  PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.literal(true) }),
  SSESpecification: z.object({ SSEEnabled: z.literal(true) }),
  TimeToLiveSpecification: z.object({ Enabled: z.literal(true), AttributeName: z.string() }),
});

/** Where the table is not the one that the store is tested on. */
export function badTable(template: Template): string[] {
  const [found, ...others] = ofType(template, "AWS::DynamoDB::Table");
  if (found === undefined || others.length > 0) return ["there is not one table"];
  const read = tableSchema.safeParse(found[1].Properties);
  if (!read.success) return [z.prettifyError(read.error)];
  const { TableName: _, ...wanted } = tableDefinition("any");
  const problems = Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(read.data[name]) !== JSON.stringify(value))
    .map(([name]) => `Table: ${name} is not as the store expects it`);
  const write = { key: { pk: "p", sk: "s" }, writeId: "w", sweepAtMs: null, day: null, doc: "" };
  const ttl = read.data.TimeToLiveSpecification.AttributeName;
  const expires = committedAttributes({ ...write, expiresAtMs: 5_000 }, 1)[ttl];
  if (JSON.stringify(expires) !== '{"N":"5"}') problems.push(`Table: ${ttl} is no time to live`);
  return problems;
}

/** Logs that would be kept for ever. */
export function keptForEver(template: Template): string[] {
  const groups = ofType(template, "AWS::Logs::LogGroup");
  const names = groups.map(([, { Properties }]) => String(Properties["LogGroupName"]));
  return [
    ...groups
      .filter(([, { Properties }]) => typeof Properties["RetentionInDays"] !== "number")
      .map(([id]) => `${id} keeps its logs for ever`),
    ...ofType(template, "AWS::Lambda::Function")
      .map(([, { Properties }]) => `/aws/lambda/${String(Properties["FunctionName"])}`)
      .filter((name) => !names.includes(name))
      .map((name) => `there is no log group ${name}`),
  ];
}
