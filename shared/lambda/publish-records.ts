import type { DynamoDBBatchResponse, DynamoDBRecord } from "aws-lambda";
import type { RegildEvent } from "../events/event.ts";
import { eventsOf } from "../events/events-of.ts";
import { type OutcomeLine, outcomeLines } from "../events/outcome-lines.ts";
import { publish } from "../events/publish.ts";
import type { Log } from "../ports.ts";
import { errorOf, errorLine } from "../protocol/error-text.ts";
import type { EventBackend } from "./backend.ts";
import { type Measured, metricsOf } from "./run-metrics.ts";
import { changeOf } from "./stream-record.ts";

/**
 * Tells others what a batch of the table's stream tells here, and counts it once it is told.
 * @returns the record to begin again from, if one could not be told: what comes after it may be told twice.
 */
export async function publishRecords(
  on: EventBackend,
  records: readonly DynamoDBRecord[],
): Promise<DynamoDBBatchResponse> {
  const read = records.map((record) => readRecord(record, on.log));
  const due = read.flatMap(({ place, events }) => events.map((event) => ({ event, place })));
  const { missed, refused } = await publish(on, due);
  const toldUpTo = missed === null ? read.length : read.findIndex(({ place }) => place === missed);
  const done = read.slice(0, toldUpTo);
  for (const { message, fields } of done.flatMap(({ outcomes }) => outcomes)) {
    on.log.info(message, fields);
  }
  for (const { values, by } of done.flatMap(({ measured }) => measured)) on.metrics.put(values, by);
  const lost = refused + done.filter(({ unreadable }) => unreadable).length;
  if (lost > 0) on.metrics.put({ regild_events_lost_total: lost });
  return { batchItemFailures: missed === null ? [] : [{ itemIdentifier: missed }] };
}

interface Read {
  place: string;
  /** It never will be read; tried again, it would only hold up those behind it. */
  unreadable: boolean;
  events: RegildEvent[];
  measured: Measured[];
  outcomes: OutcomeLine[];
}

function readRecord({ dynamodb }: DynamoDBRecord, log: Log): Read {
  const place = dynamodb?.SequenceNumber ?? "";
  try {
    const change = changeOf(dynamodb);
    return {
      place,
      unreadable: false,
      events: eventsOf(change),
      measured: metricsOf(change),
      outcomes: outcomeLines(change),
    };
  } catch (error) {
    const { Keys: keys, NewImage: after } = dynamodb ?? {};
    const why = errorLine(errorOf(error));
    log.error("record cannot be told", { place, keys, version: after?.["version"], error: why });
    return { place, unreadable: true, events: [], measured: [], outcomes: [] };
  }
}
