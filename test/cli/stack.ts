import { setTimeout as sleep } from "node:timers/promises";
import { startFauxqs } from "fauxqs";
import * as z from "zod/mini";
import { randomIds } from "../../local/ids.ts";
import { LOCAL_TIMING } from "../../local/installation.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { SqsQueue } from "../../shared/aws/sqs-queue.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { parseRequest } from "../../shared/protocol/reconcile-request.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { STEP_NAMES } from "../../shared/run/step-names.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { accessTo, openSeam } from "../aws/access.ts";
import { openDynamoDb } from "../aws/dynamodb.ts";
import { URL_PREFIX } from "../aws/sqs.ts";
import { configOf } from "../contract/simulated-target.ts";
import { openGate } from "./gate.ts";
import type { Workplace } from "./workplace.ts";

const received = z.object({
  Messages: z._default(z.array(z.object({ Body: z.string(), ReceiptHandle: z.string() })), []),
});

/** What AWS has of a deployed stack, in this process, behind a gate through which only the program under test goes. */
export async function openStack() {
  const dynamoDb = await openDynamoDb();
  const fauxqs = await startFauxqs({ port: 0, logger: false, defaultRegion: "eu-west-1" });
  for (const step of STEP_NAMES) fauxqs.createQueue(`regild-${step}`, { region: "eu-west-1" });
  const table = await dynamoDb.createTable();
  const seam = openSeam();
  const sqs = new AwsClient("sqs", accessTo(fauxqs.address), seam);
  const store = new DynamoDbStore(dynamoDb.client, table);
  const queue = new SqsQueue(sqs, URL_PREFIX);
  const gate = await openGate({ dynamodb: dynamoDb.access.endpoint, sqs: fauxqs.address });
  const stop = new AbortController();
  let working: Promise<void> = Promise.resolve();

  /** A message each. */
  async function messages(step: string): Promise<string[]> {
    const QueueUrl = URL_PREFIX + step;
    const input = { QueueUrl, MaxNumberOfMessages: 10 };
    const { Messages } = await sqs.call("ReceiveMessage", QueueUrl, input, received);
    for (const { ReceiptHandle } of Messages) {
      await sqs.call("DeleteMessage", QueueUrl, { QueueUrl, ReceiptHandle }, z.unknown());
    }
    return Messages.map(({ Body }) => Body);
  }

  return {
    table,
    store,
    queue,
    gate,
    messages,
    env: {
      REGILD_TABLE: table,
      REGILD_QUEUE_URL_PREFIX: URL_PREFIX,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL: gate.url,
    },
    /** As the deployed functions do, on the cloud of that place. */
    work({ cloud }: Workplace): void {
      const now = () => Date.now();
      const log = { info: () => {}, warn: () => {}, error: () => {} };
      const configs = new Map([["demo", configOf(cloud, cloud.demo)]]);
      const timing = LOCAL_TIMING;
      const clouds = openClouds(configs, { http: () => asHttp(cloud), now, timing });
      const deps = { store, queue, clouds, ids: randomIds, log, timing, now };
      working = (async () => {
        while (!stop.signal.aborted) {
          await sweep(deps);
          for (const step of STEP_NAMES) {
            for (const body of await messages(step))
              await reconcile(deps, refresh, parseRequest(body));
          }
          await sleep(20);
        }
      })();
    },
    async close(): Promise<void> {
      stop.abort();
      await working;
      gate.close();
      seam.close();
      await fauxqs.stop();
      await dynamoDb.close();
    },
  };
}
export type Stack = Awaited<ReturnType<typeof openStack>>;
