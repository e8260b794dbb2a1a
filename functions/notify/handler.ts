import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { reportBackend } from "#backend";
import { reconcileCallback } from "../../shared/callback/reconcile-callback.ts";
import { reconcileReport } from "../../shared/chat/report/reconcile-report.ts";
import { chain } from "../../shared/lambda/chain.ts";
import { errorOf, errorLine } from "../../shared/protocol/error-text.ts";
import { parseRequest } from "../../shared/protocol/reconcile-request.ts";
import { CALLBACK_PREFIX } from "../../shared/run/callback-key.ts";

/** Tells a chat of a run that was started there, and a build of the outcome. A chat that does not answer delays no run: this queue is its own. */
export const handler = chain(async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const on = await reportBackend();
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  for (const { messageId, body } of event.Records) {
    try {
      const request = parseRequest(body);
      const isCallback = request.key.sk.startsWith(CALLBACK_PREFIX);
      await (isCallback ? reconcileCallback(on, request) : reconcileReport(on, request));
    } catch (error) {
      const told = errorLine(errorOf(error));
      on.log.error("message will be received again", { messageId, error: told });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
});
