import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { reportBackend } from "#backend";
import { reconcileCallback } from "../../shared/callback/reconcile-callback.ts";
import { isPressAnswer } from "../../shared/chat/press/press-answer.ts";
import { reconcilePressAnswer } from "../../shared/chat/press/reconcile-press-answer.ts";
import { reconcileReport } from "../../shared/chat/report/reconcile-report.ts";
import { reconcileHook } from "../../shared/hook/reconcile-hook.ts";
import type { ReportBackend } from "../../shared/lambda/backend.ts";
import { chain } from "../../shared/lambda/chain.ts";
import { MESSAGE_PREFIX, NOTIFICATION_STATE } from "../../shared/notification/state-key.ts";
import { reconcileMessage } from "../../shared/notify/reconcile-message.ts";
import { reconcileNews } from "../../shared/notify/reconcile-news.ts";
import type { Key, ReconcileRequest } from "../../shared/ports.ts";
import { errorOf, errorLine } from "../../shared/protocol/error-text.ts";
import { parseRequest } from "../../shared/protocol/reconcile-request.ts";
import { CALLBACK_PREFIX } from "../../shared/run/callback-key.ts";
import { HOOK_PREFIX } from "../../shared/run/hook.ts";

type Taker = (on: ReportBackend, request: ReconcileRequest) => Promise<void>;

function takerOf(key: Key): Taker {
  const { sk } = key;
  if (isPressAnswer(key)) return reconcilePressAnswer;
  if (sk === NOTIFICATION_STATE) return reconcileNews;
  if (sk.startsWith(MESSAGE_PREFIX)) return reconcileMessage;
  if (sk.startsWith(HOOK_PREFIX)) return reconcileHook;
  return sk.startsWith(CALLBACK_PREFIX) ? reconcileCallback : reconcileReport;
}

/**
 * Tells a chat of a run that was started there, a build of the outcome, and whom the recipe names of what happens. Asks
 * hooks before a source is stopped. A chat or mail server that does not answer delays no run: this queue is its own.
 */
export const handler = chain(async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const on = await reportBackend();
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  for (const { messageId, body } of event.Records) {
    try {
      const request = parseRequest(body);
      await takerOf(request.key)(on, request);
    } catch (error) {
      const told = errorLine(errorOf(error));
      on.log.error("message will be received again", { messageId, error: told });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
});
