import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { openHttps } from "../../shared/aws/https.ts";
import { SqsQueue } from "../../shared/aws/sqs-queue.ts";
import { awsClients } from "../../shared/lambda/aws-clients.ts";
import { type AwsEnvironment, awsEnvironment } from "../../shared/lambda/aws-environment.ts";
import type { App } from "./app.ts";
import { usageError } from "./command-error.ts";

export interface Stack {
  store: DynamoDbStore;
  queue: SqsQueue;
}

/** Works on the stack that the environment names, with the credentials that stand there. */
export async function withStack<Result>(
  { env }: App,
  work: (stack: Stack) => Promise<Result>,
): Promise<Result> {
  const environment = environmentOf(env);
  const http = openHttps({ proxyEnv: env });
  try {
    const client = awsClients(environment, http);
    return await work({
      store: new DynamoDbStore(client("dynamodb"), environment.table),
      queue: new SqsQueue(client("sqs"), environment.queueUrlPrefix),
    });
  } finally {
    http.close();
  }
}

/** @throws CommandError with everything that is missing. */
function environmentOf(env: App["env"]): AwsEnvironment {
  try {
    return awsEnvironment(env);
  } catch (error) {
    const problems = error instanceof Error ? error.message.split("\n") : [String(error)];
    throw usageError(
      "The stack on AWS cannot be reached. Nothing was done",
      'The stack\'s output CommandLine sets all but credentials; for these: eval "$(aws configure export-credentials --format env)". For a data file instead: --data FILE',
      problems,
    );
  }
}
