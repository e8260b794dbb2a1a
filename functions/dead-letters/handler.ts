import type { SQSEvent } from "aws-lambda";
import { storeBackend } from "#backend";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { requestIn } from "../../shared/protocol/dead-letter.ts";
import { chain } from "../../shared/lambda/chain.ts";
import { about } from "../../shared/lambda/invocation.ts";
import { subjectOf } from "../../shared/lambda/message-subject.ts";
import { STEP_NAMES } from "../../shared/run/step-names.ts";

/** A message nobody could process: it is kept with its evidence, and its run fails and is undone as far as possible. */
export const handler = chain(async (event: SQSEvent) => {
  const on = await storeBackend();
  for (const { messageId, body, attributes } of event.Records) {
    const request = requestIn(body);
    await about(request === null ? {} : subjectOf(request.key), async () => {
      on.log.error("dead letter", { messageId, body });
      const queue = queueNamed(attributes.DeadLetterQueueSourceArn);
      const { id, done } = await handleDeadLetter(on, { body, queue });
      on.log.info("dead letter seen to", { messageId, id, done });
    });
  }
});

/** A queue's ARN ends in its name, `regild-check-status`, which ends in that of the function it belongs to. */
function queueNamed(arn: string | undefined): string | null {
  if (arn === undefined) return null;
  return [...STEP_NAMES, "notify"].find((name) => arn.endsWith(name)) ?? null;
}
