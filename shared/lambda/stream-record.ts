import * as z from "zod/mini";
import { itemSchema } from "../aws/dynamodb-item.ts";
import type { Change } from "../events/events-of.ts";

/** `dynamodb` of a stream's record, with both images. Source: DynamoDB Streams API reference, StreamRecord. */
const streamRecordSchema = z.pipe(
  z.object({
    /** Seconds, rounded. */
    ApproximateCreationDateTime: z.coerce.number(),
    OldImage: z.optional(itemSchema),
    NewImage: z.optional(itemSchema),
  }),
  z.transform(({ ApproximateCreationDateTime, OldImage, NewImage }): Change => ({
    before: OldImage ?? null,
    after: NewImage ?? null,
    writtenAtMs: ApproximateCreationDateTime * 1000,
  })),
);

/** @throws ZodError */
export function changeOf(record: unknown): Change {
  return streamRecordSchema.parse(record);
}
