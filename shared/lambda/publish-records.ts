import type { DynamoDBBatchResponse, DynamoDBRecord } from "aws-lambda";
import { eventsOf } from "../events/events-of.ts";
import { type Due, publish } from "../events/publish.ts";
import type { Log } from "../ports.ts";
import { errorOf, tellError } from "../protocol/trouble.ts";
import type { EventBackend } from "./backend.ts";
import { changeOf } from "./stream-record.ts";

/**
 * Tells others what a batch of the table's stream tells here.
 * @returns the record to begin again from, if one could not be told: what comes after it may be told twice.
 */
export async function publishRecords(
  on: EventBackend,
  records: readonly DynamoDBRecord[],
): Promise<DynamoDBBatchResponse> {
  const read = records.map((record) => dueOf(record, on.log));
  const unreadable = read.filter((due) => due === null).length;
  const { missed, refused } = await publish(
    on,
    read.flatMap((due) => due ?? []),
  );
  const EventsLost = unreadable + refused;
  if (EventsLost > 0) on.metrics.put({ EventsLost });
  return { batchItemFailures: missed === null ? [] : [{ itemIdentifier: missed }] };
}

/** Null: it cannot be read, and never will be; tried again, it would only hold up those behind it. */
function dueOf({ dynamodb }: DynamoDBRecord, log: Log): Due[] | null {
  const place = dynamodb?.SequenceNumber ?? "";
  try {
    return eventsOf(changeOf(dynamodb)).map((event) => ({ event, place }));
  } catch (error) {
    const { Keys: keys, NewImage: after } = dynamodb ?? {};
    const why = tellError(errorOf(error));
    log.error("record cannot be told", { place, keys, version: after?.["version"], error: why });
    return null;
  }
}
