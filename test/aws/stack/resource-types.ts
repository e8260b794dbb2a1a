import * as z from "zod/mini";
import type { Template } from "../template/compiled.ts";

/** What is brought up, and nothing of it left out: a property that is not known here is an error. */
const BROUGHT_UP = [
  "AWS::DynamoDB::Table",
  "AWS::SQS::Queue",
  "AWS::IAM::Role",
  "AWS::Events::EventBus",
  "AWS::Lambda::Function",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Scheduler::Schedule",
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Stage",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::Lambda::Permission",
];

/** What no function could tell the absence of. */
const UNNOTICED: Record<string, string> = {
  "AWS::S3::Bucket": "holds the packages, which are taken from the disk",
  "AWS::S3::BucketPolicy": "as above",
  "AWS::Logs::LogGroup": "what functions write is kept in memory",
  "AWS::Logs::MetricFilter": "nothing is measured",
  "AWS::SQS::QueuePolicy": "the emulator has no TLS; test/aws/template.test.ts reads the policies",
  "AWS::CloudWatch::Alarm": "nothing is measured",
  "AWS::CloudWatch::Dashboard": "nothing is measured",
  "AWS::SNS::Topic": "alarms alone are told there",
};

/** @throws Error for resources of a type that is neither brought up nor known to go unnoticed. */
export function checkTypes({ Resources }: Template): void {
  const unknown = Object.entries(Resources).filter(
    ([, { Type }]) => !BROUGHT_UP.includes(Type) && UNNOTICED[Type] === undefined,
  );
  if (unknown.length === 0) return;
  const list = unknown.map(([id, { Type }]) => `${id} (${Type})`).join(", ");
  throw new Error(`the template has what is not brought up here: ${list}. Teach test/aws/stack`);
}

/** As `CreateTable` takes it, but for what has no effect in an emulator: deletion protection, recovery, time to live, encryption at rest. */
export const tableSchema = z.pipe(
  z.strictObject({
    BillingMode: z.string(),
    AttributeDefinitions: z.array(z.unknown()),
    KeySchema: z.array(z.unknown()),
    GlobalSecondaryIndexes: z.array(z.unknown()),
    DeletionProtectionEnabled: z.unknown(),
    PointInTimeRecoverySpecification: z.unknown(),
    TimeToLiveSpecification: z.unknown(),
    SSESpecification: z.unknown(),
    /** Of the emulator there is none: stream-source.ts has its own. */
    StreamSpecification: z.strictObject({ StreamViewType: z.literal("NEW_AND_OLD_IMAGES") }),
  }),
  z.transform(({ BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes }) => ({
    BillingMode,
    AttributeDefinitions,
    KeySchema,
    GlobalSecondaryIndexes,
  })),
);

export const queueSchema = z.strictObject({
  QueueName: z.string(),
  VisibilityTimeout: z._default(z.int(), 30),
  MessageRetentionPeriod: z.int(),
  SqsManagedSseEnabled: z.literal(true),
  RedrivePolicy: z.optional(
    z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }),
  ),
});

/** How often Lambda tries again what was started without anybody waiting for it: here never. */
export const retriesSchema = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal("$LATEST"),
  MaximumRetryAttempts: z.literal(0),
  DestinationConfig: z.strictObject({}),
});
