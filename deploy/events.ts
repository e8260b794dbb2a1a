import { logicalId, merged, type Resources, STREAMED } from "./names.ts";

const DAY_SECONDS = 86_400;

/** The bus that others hook on, and of each function on the table's stream a queue for what it has given up. */
export function events(name: string): Resources {
  const failures = STREAMED.map((each) => ({
    [logicalId(each, "Failures")]: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: `${name}-${each}-failures`,
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 14 * DAY_SECONDS,
      },
    },
  }));
  const bus = { EventBus: { Type: "AWS::Events::EventBus", Properties: { Name: name } } };
  return merged([bus, ...failures]);
}
