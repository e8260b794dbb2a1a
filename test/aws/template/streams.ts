import * as z from "zod/mini";
import { ofType, type Resource, targetOf, type Template } from "./compiled.ts";

const mappingSchema = z.object({
  StartingPosition: z.string(),
  FunctionResponseTypes: z._default(z.array(z.string()), []),
  BisectBatchOnFunctionError: z._default(z.boolean(), false),
  MaximumRecordAgeInSeconds: z._default(z.int(), -1),
  MaximumRetryAttempts: z._default(z.int(), -1),
});

const DAY_SECONDS = 86_400;
/** After that the stream itself forgets. */
const KEPT_SECONDS = DAY_SECONDS;
const FAILURES_KEPT_SECONDS = 14 * DAY_SECONDS;

/** Functions on streams: only these begin somewhere. */
export function streams(template: Template): Array<[id: string, mapping: Resource]> {
  return ofType(template, "AWS::Lambda::EventSourceMapping").filter(
    ([, { Properties }]) => "StartingPosition" in Properties,
  );
}

const failuresSchema = z.object({
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.unknown() }) }),
});

/** The queue that is told what was given up; null: none is. */
export function failuresOf({ Properties }: Resource): string | null {
  const read = failuresSchema.safeParse(Properties);
  return targetOf(read.data?.DestinationConfig.OnFailure.Destination);
}

/** Streams of which changes could be lost unseen, or could be held up by one that cannot be told. */
export function badStreams(template: Template): string[] {
  const found = streams(template);
  if (found.length === 0) return ["there is no stream"];
  return found.flatMap(([id, mapping]) => {
    const is = mappingSchema.parse(mapping.Properties);
    const ageSeconds = is.MaximumRecordAgeInSeconds;
    const problems: Array<[isBad: boolean, text: string]> = [
      [
        !is.FunctionResponseTypes.includes("ReportBatchItemFailures"),
        `${id}: one failure fails the whole batch`,
      ],
      [!is.BisectBatchOnFunctionError, `${id}: a batch that breaks the function is not halved`],
      [
        ageSeconds < 0 || ageSeconds >= KEPT_SECONDS,
        `${id}: a change that cannot be told holds up the others until they are forgotten`,
      ],
      [is.MaximumRetryAttempts < 0, `${id}: a change that cannot be told is tried without end`],
      [
        is.StartingPosition !== "TRIM_HORIZON",
        `${id}: begins with what comes after it was deployed`,
      ],
    ];
    return [
      ...problems.flatMap(([isBad, text]) => (isBad ? [text] : [])),
      ...badFailures(template, id, failuresOf(mapping)),
    ];
  });
}

function badFailures(template: Template, mappingId: string, failures: string | null): string[] {
  const queue = ofType(template, "AWS::SQS::Queue").find(([id]) => id === failures);
  if (queue === undefined) return [`${mappingId}: nobody knows what it gave up`];
  const [id, { Properties }] = queue;
  const isReceived = ofType(template, "AWS::Lambda::EventSourceMapping").some(
    ([, mapping]) => targetOf(mapping.Properties["EventSourceArn"]) === id,
  );
  return [
    ...(isReceived ? [`${mappingId}: tells what it gave up to ${id}, that somebody receives`] : []),
    ...(Number(Properties["MessageRetentionPeriod"]) < FAILURES_KEPT_SECONDS
      ? [`${id} forgets within days`]
      : []),
  ];
}
