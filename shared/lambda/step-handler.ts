import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { cloudBackend } from "#backend";
import { RECONCILE_BUDGET_MS } from "../bounds.ts";
import type { Image } from "../cloud-ports.ts";
import type { ReconcileRequest } from "../ports.ts";
import { errorOf, errorLine } from "../protocol/error-text.ts";
import { noteTrouble } from "../protocol/trouble.ts";
import { cloudAbout } from "../protocol/cloud-about.ts";
import { parseRequest } from "../protocol/reconcile-request.ts";
import { reconcile } from "../protocol/reconcile.ts";
import { refresh } from "../steps/refresh.ts";
import type { CloudBackend } from "./backend.ts";
import { chain } from "./chain.ts";
import { about } from "./invocation.ts";
import { subjectOf } from "./message-subject.ts";

/** Answers of one list call for a whole batch, by image id. */
type ListAhead = (
  backend: CloudBackend,
  requests: ReconcileRequest[],
) => Promise<ReadonlyMap<string, Image>>;

interface Message {
  messageId: string;
  request: ReconcileRequest;
}

/** Messages of one cloud in their order; those of several clouds side by side, so that a slow cloud delays no other. */
async function byCloud(on: CloudBackend, messages: Message[]): Promise<Message[][]> {
  if (messages.length < 2) return [messages];
  const lanes = new Map<string, Message[]>();
  for (const message of messages) {
    const cloud = await cloudAbout(on, JSON.stringify(message.request)).catch(() => "");
    lanes.set(cloud, [...(lanes.get(cloud) ?? []), message]);
  }
  return [...lanes.values()];
}

/**
 * The edge of every step's function: takes a batch of messages, one by one, and reports those to be received again.
 * Which step a run is in, its record says, not the queue: a message that is late for its step does no harm.
 * @param is with `backend` left out: one without the key that signs statements.
 */
export function stepHandler(
  is: { listAhead?: ListAhead; backend?: () => Promise<CloudBackend> } = {},
) {
  const { listAhead = async () => new Map(), backend = cloudBackend } = is;
  return chain(async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const on = await backend();
    const inTime = { ...on, untilMs: on.now() + RECONCILE_BUDGET_MS };
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    const messages: Message[] = [];
    const failed = (messageId: string, error: unknown) => {
      const told = errorLine(errorOf(error));
      on.log.error("message will be received again", { messageId, error: told });
      batchItemFailures.push({ itemIdentifier: messageId });
    };
    for (const { messageId, body } of event.Records) {
      try {
        messages.push({ messageId, request: parseRequest(body) });
      } catch (error) {
        failed(messageId, error);
      }
    }
    const listed = await listAhead(
      inTime,
      messages.map((message) => message.request),
    );
    const work = async ({ messageId, request: message }: Message) => {
      try {
        await reconcile(inTime, refresh, message, listed);
      } catch (error) {
        failed(messageId, error);
        await noteTrouble(on, message, error);
      }
    };
    const lanes = await byCloud(on, messages);
    await Promise.all(
      lanes.map(async (lane) => {
        for (const message of lane)
          await about(subjectOf(message.request.key), () => work(message));
      }),
    );
    return { batchItemFailures };
  });
}
