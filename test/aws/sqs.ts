import { startFauxqs } from "fauxqs";
import { vi } from "vitest";
import * as z from "zod/mini";
import { AwsClient } from "../../shared/aws/client.ts";
import { AwsError } from "../../shared/aws/error.ts";
import { SqsQueue } from "../../shared/aws/sqs-queue.ts";
import type { QueueUnderTest, ReceivedMessage, StepQueue } from "../contract/queue.contract.ts";
import { accessTo, openSeam } from "./access.ts";

const STEP_QUEUES = ["check-status", "sweep"];
const DEAD_LETTERS = "dead-letters";
export const URL_PREFIX = "http://sqs.eu-west-1.localhost/000000000000/regild-";

/** SQS in this process, reached through the real client. Its clock, and ours, is turned by hand. */
export async function openSqs(): Promise<QueueUnderTest & { client: AwsClient }> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-22T12:00:00Z") });
  const server = await startFauxqs({ port: 0, logger: false, defaultRegion: "eu-west-1" });
  const create = (queue: string, attributes: Record<string, string>) =>
    server.createQueue(`regild-${queue}`, { region: "eu-west-1", attributes });
  const { queueArn } = create(DEAD_LETTERS, {});
  const redrive = JSON.stringify({ deadLetterTargetArn: queueArn, maxReceiveCount: 5 });
  for (const queue of STEP_QUEUES) create(queue, { RedrivePolicy: redrive });
  const seam = openSeam();
  const client = new AwsClient("sqs", accessTo(server.address), seam);
  return {
    client,
    queue: withReceivingSide(client),
    other: withReceivingSide(client),
    pass: async (seconds) => {
      vi.setSystemTime(Date.now() + seconds * 1000);
    },
    close: async () => {
      seam.close();
      await server.stop();
      vi.useRealTimers();
    },
  };
}

const receivedSchema = z.object({
  Messages: z._default(
    z.array(
      z.object({
        Body: z.string(),
        ReceiptHandle: z.string(),
        Attributes: z.object({ ApproximateReceiveCount: z.coerce.number() }),
      }),
    ),
    [],
  ),
});

/** What Lambda's event source mapping does with a queue. */
function withReceivingSide(client: AwsClient): StepQueue {
  const queue = new SqsQueue(client, URL_PREFIX);
  const call = (action: string, url: string, input: object) =>
    client.call(action, url, { QueueUrl: url, ...input }, z.unknown());
  const bodies = new Map<string, string>();
  /** Receipts hold their queue: SQS wants to be told both. */
  const parts = (receipt: string): { url: string; handle: string } => {
    const [url = "", handle = ""] = receipt.split(" ");
    return { url, handle };
  };
  const remove = async (receipt: string): Promise<void> => {
    const { url, handle } = parts(receipt);
    await call("DeleteMessage", url, { ReceiptHandle: handle });
  };
  return {
    send: (name, request, delaySeconds) => queue.send(name, request, delaySeconds),
    async receive(name, max, visibilitySeconds): Promise<ReceivedMessage[]> {
      const url = URL_PREFIX + name;
      const input = {
        QueueUrl: url,
        MaxNumberOfMessages: max,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      };
      const { Messages } = await client.call("ReceiveMessage", url, input, receivedSchema);
      return Messages.map(({ Body: body, ReceiptHandle, Attributes }) => {
        const receipt = `${url} ${ReceiptHandle}`;
        bodies.set(receipt, body);
        return { receipt, body, receives: Attributes.ApproximateReceiveCount };
      });
    },
    delete: remove,
    async retry(receipt, delaySeconds) {
      const { url, handle } = parts(receipt);
      const input = { ReceiptHandle: handle, VisibilityTimeout: delaySeconds };
      try {
        await call("ChangeMessageVisibility", url, input);
      } catch (error) {
        // An old receipt: somebody else has the message, or nobody.
        if (!(error instanceof AwsError && error.code === "MessageNotInflight")) throw error;
      }
    },
    async move(receipt, name) {
      await queue.putBack(name, bodies.get(receipt) ?? "");
      await remove(receipt);
    },
  };
}
