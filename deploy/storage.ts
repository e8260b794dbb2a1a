import { arnOf, logicalId, merged, QUEUED, type Resource, type Resources } from "./names.ts";

const DAY_SECONDS = 86_400;

export interface QueueSettings {
  /** `regild-prod`, what names begin with. */
  name: string;
  visibilitySeconds: number;
  maxReceives: number;
}

/** Each step and notify have a queue, and a dead-letter queue. */
export function queues({ name, visibilitySeconds, maxReceives }: QueueSettings): Resources {
  const queue = (queueName: string, properties: object): Resource => ({
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: `${name}-${queueName}`,
      VisibilityTimeout: visibilitySeconds,
      SqsManagedSseEnabled: true,
      ...properties,
    },
  });
  const pairs = QUEUED.map((step) => {
    const dead = logicalId(step, "DeadLetters");
    return {
      [logicalId(step, "Queue")]: queue(step, {
        MessageRetentionPeriod: 4 * DAY_SECONDS,
        RedrivePolicy: { deadLetterTargetArn: arnOf(dead), maxReceiveCount: maxReceives },
      }),
      // The age of a message counts on from the queue it comes from.
      [dead]: queue(`${step}-dead-letters`, { MessageRetentionPeriod: 14 * DAY_SECONDS }),
    };
  });
  return merged(pairs);
}

/**
 * Run store: what shared/aws/dynamodb-store.ts reads and writes. It outlives the stack: without its inventory Regild would
 * take every image that it has made for a stranger's.
 */
export function table(): Resources {
  const key = (partition: string, sort: string) => [
    { AttributeName: partition, KeyType: "HASH" },
    { AttributeName: sort, KeyType: "RANGE" },
  ];
  const index = (name: string, partition: string, sort: string) => ({
    IndexName: name,
    KeySchema: key(partition, sort),
    Projection: { ProjectionType: "KEYS_ONLY" },
  });
  const types = { pk: "S", sk: "S", shard: "N", sweepAtMs: "N", day: "S" };
  return {
    Table: {
      Type: "AWS::DynamoDB::Table",
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        DeletionProtectionEnabled: true,
        AttributeDefinitions: Object.entries(types).map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: key("pk", "sk"),
        StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
        GlobalSecondaryIndexes: [index("due", "shard", "sweepAtMs"), index("day", "day", "sk")],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: "expiresAtSeconds", Enabled: true },
        SSESpecification: { SSEEnabled: true },
      },
    },
  };
}
