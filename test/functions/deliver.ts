import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { expect } from "vitest";
import { handler as abandon } from "../../functions/abandon/handler.ts";
import { handler as notify } from "../../functions/notify/handler.ts";
import { handler as prepareSource } from "../../functions/prepare-source/handler.ts";
import { handler as sweep } from "../../functions/sweep/handler.ts";
import type { Installation } from "./installation.ts";

type QueueHandler = Parameters<typeof Installation.prototype.call<SQSEvent, SQSBatchResponse>>[0];

/** Has the function take what was sent to its queue so far. @returns how many messages. */
export async function deliver(
  on: Installation,
  handler: QueueHandler,
  queue: string,
): Promise<number> {
  const sent = on.sent.filter((message) => message.queue === queue);
  on.sent.splice(0, on.sent.length, ...on.sent.filter((message) => message.queue !== queue));
  for (const { request } of sent) {
    const Records = [{ messageId: "m", body: JSON.stringify(request) }];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
    const answer = await on.call(handler, { Records } as unknown as SQSEvent);
    expect(answer.batchItemFailures).toEqual([]);
  }
  return sent.length;
}

export async function sweepAndNotify(on: Installation): Promise<void> {
  await on.call(sweep, {});
  await deliver(on, notify, "notify");
}

/** A run whose source is not there, to its end. */
export async function failRun(on: Installation, id: string): Promise<void> {
  await deliver(on, prepareSource, "prepare-source");
  await deliver(on, abandon, "abandon");
  expect((await on.run(id)).outcome).toBe("failed");
}
