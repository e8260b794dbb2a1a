import * as z from "zod/mini";
import type { Queue, ReconcileRequest } from "../ports.ts";
import type { AwsClient } from "./client.ts";

const MAX_DELAY_SECONDS = 900;
const MAX_BODY_BYTES = 1024 * 1024;

const sentAnswer = z.object({ MessageId: z.string() });

/** Step queues in SQS (standard queues): what is sent may come twice, and in any order. */
export class SqsQueue implements Queue {
  private readonly client: AwsClient;
  private readonly urlPrefix: string;

  /** @param urlPrefix what a queue's URL has before the queue's name: `https://sqs.eu-west-1.amazonaws.com/123456789012/regild-`. */
  constructor(client: AwsClient, urlPrefix: string) {
    this.client = client;
    this.urlPrefix = urlPrefix;
  }

  async send(queue: string, request: ReconcileRequest, delaySeconds: number): Promise<void> {
    if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
      throw new RangeError(
        `a delay is 0 to ${MAX_DELAY_SECONDS} whole seconds, not ${delaySeconds}`,
      );
    }
    await this.sendBody(queue, asciiJson(request), delaySeconds);
  }

  /** A message as it was before it died, whosever it is. */
  async putBack(queue: string, body: string): Promise<void> {
    await this.sendBody(queue, body, 0);
  }

  private async sendBody(queue: string, body: string, delaySeconds: number): Promise<void> {
    const url = this.urlPrefix + queue;
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY_BYTES) {
      throw new RangeError(
        `a message of ${bytes} bytes for ${url} was not sent: SQS takes ${MAX_BODY_BYTES}`,
      );
    }
    const input = { QueueUrl: url, MessageBody: body, DelaySeconds: delaySeconds };
    await this.client.call("SendMessage", url, input, sentAnswer);
  }
}

/** SQS refuses some characters that JSON leaves as they are, such as U+FFFE. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
