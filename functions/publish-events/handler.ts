import type { DynamoDBStreamEvent } from "aws-lambda";
import { eventBackend } from "../../shared/lambda/aws-backend.ts";
import { chain } from "../../shared/lambda/chain.ts";
import { publishRecords } from "../../shared/lambda/publish-records.ts";

/** What was committed is told on the event bus. Not by `#backend`: one machine's store has no stream. */
export const handler = chain(async ({ Records }: DynamoDBStreamEvent) =>
  publishRecords(await eventBackend(), Records),
);
