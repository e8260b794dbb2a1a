import { AwsClient } from "../../../shared/aws/client.ts";
import { DynamoDbStore } from "../../../shared/aws/dynamodb-store.ts";
import type { AwsSeam } from "../../../shared/aws/seam.ts";
import { SqsQueue } from "../../../shared/aws/sqs-queue.ts";
import { awsEnvironment } from "../../../shared/lambda/aws-environment.ts";
import { OPERATOR } from "./front.ts";
import type { Stack } from "./stack.ts";

/** Store and queues of the stack for the person at the terminal: found where its functions find them. */
export function operatorOf(stack: Stack, seam: AwsSeam) {
  const { environment } = stack.function("sweep");
  const { table, queueUrlPrefix, access } = awsEnvironment({
    ...environment,
    AWS_ACCESS_KEY_ID: OPERATOR,
  });
  const tableClient = new AwsClient("dynamodb", access("dynamodb"), seam);
  return {
    table,
    tableClient,
    store: new DynamoDbStore(tableClient, table),
    queue: new SqsQueue(new AwsClient("sqs", access("sqs"), seam), queueUrlPrefix),
  };
}
