import * as z from "zod/mini";
import { ofType, type Template } from "../../test/aws/template/compiled.ts";
import type { Quantities } from "./quantities.ts";

export const DAYS = 30;
export const HOURS = DAYS * 24;

/**
 * Lambda's pollers of one queue, each asking for 20 seconds at a time, whether anything comes or not. With little to do
 * AWS makes do with two, but not where `MaximumConcurrency` is set (Lambda developer guide, Configuring scaling behavior
 * for SQS event source mappings). Whether a maximum of two keeps it from having five, is not said there.
 */
const POLLERS = { usually: 2, withMaximumConcurrency: 5 };
const POLL_SECONDS = 20;

const mappingSchema = z.object({
  StartingPosition: z.optional(z.string()),
  ScalingConfig: z.optional(z.object({ MaximumConcurrency: z.optional(z.int()) })),
});

/** Requests in a month to queues in which nothing ever is. */
export function pollsPerMonth(template: Template): number {
  const pollers = ofType(template, "AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => {
    const { ScalingConfig, StartingPosition } = mappingSchema.parse(Properties);
    if (StartingPosition !== undefined) return 0; // a stream, which Lambda reads for nothing
    const isSet = ScalingConfig?.MaximumConcurrency !== undefined;
    return isSet ? POLLERS.withMaximumConcurrency : POLLERS.usually;
  });
  return pollers.reduce((sum, count) => sum + count, 0) * ((HOURS * 3600) / POLL_SECONDS);
}

const alarmSchema = z.object({ Metrics: z.optional(z.array(z.unknown())) });

/** What is there all month, whatever happens. An alarm over several metrics costs as much as one over each. */
export function watching(template: Template): Quantities {
  const alarms = ofType(template, "AWS::CloudWatch::Alarm").map(
    ([, { Properties }]) => alarmSchema.parse(Properties).Metrics?.length ?? 1,
  );
  return {
    alarmMonth: alarms.reduce((sum, count) => sum + count, 0),
    dashboardMonth: ofType(template, "AWS::CloudWatch::Dashboard").length,
  };
}
