import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { cloudBackend } from "#backend";
import type { Image } from "../cloud-ports.ts";
import type { Wake } from "../ports.ts";
import { errorOf, tellError } from "../protocol/error-text.ts";
import { noteTrouble } from "../protocol/trouble.ts";
import { parseWake } from "../protocol/wake-message.ts";
import { wake } from "../protocol/wake.ts";
import { refresh } from "../steps/refresh.ts";
import type { CloudBackend } from "./backend.ts";
import { chain } from "./chain.ts";
import { about } from "./invocation.ts";
import { subjectOf } from "./message-subject.ts";

/** Answers of one list call for a whole batch, by image id. */
type ListAhead = (backend: CloudBackend, wakes: Wake[]) => Promise<ReadonlyMap<string, Image>>;

/**
 * The edge of every step's function: takes a batch of messages, one by one, and reports those to be received again.
 * Which step a run is in, its record says, not the queue: a message that is late for its step does no harm.
 */
export function stepHandler(listAhead: ListAhead = async () => new Map()) {
  return chain(async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const on = await cloudBackend();
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    const messages: Array<{ messageId: string; wake: Wake }> = [];
    const failed = (messageId: string, error: unknown) => {
      const told = tellError(errorOf(error));
      on.log.error("message will be received again", { messageId, error: told });
      batchItemFailures.push({ itemIdentifier: messageId });
    };
    for (const { messageId, body } of event.Records) {
      try {
        messages.push({ messageId, wake: parseWake(body) });
      } catch (error) {
        failed(messageId, error);
      }
    }
    const listed = await listAhead(
      on,
      messages.map((message) => message.wake),
    );
    for (const message of messages) {
      await about(subjectOf(message.wake.key), async () => {
        try {
          await wake(on, refresh, message.wake, listed);
        } catch (error) {
          failed(message.messageId, error);
          await noteTrouble(on, message.wake, error);
        }
      });
    }
    return { batchItemFailures };
  });
}
