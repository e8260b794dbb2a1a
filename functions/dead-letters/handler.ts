import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { backend } from "#backend";
import { buryRun } from "../../shared/protocol/dead-letter.ts";
import { parseWake } from "../../shared/lambda/wake-message.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** A message nobody could process: its run fails, with the evidence in the log, and is undone as far as possible. */
export const handler = middy(async (event: SQSEvent) => {
  const on = backend();
  for (const { messageId, body } of event.Records) {
    on.log.error("dead letter", { messageId, body });
    await buryRun(on, parseWake(body));
  }
}, chain);
