import * as z from "zod/mini";

const lineSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
  regild_cloud_requests_total: z._default(z.number(), 0),
});

const HOUR_MS = 3_600_000;

/**
 * What CloudWatch takes for metrics in a line of the log, by the name and every combination of dimensions: each counts
 * in every hour in which it is sent.
 * @returns null for any other line.
 */
export function metricsIn(line: string): { metricHours: string[]; cloudCalls: number } | null {
  if (!line.startsWith('{"_aws"')) return null;
  const {
    _aws,
    regild_cloud_requests_total: cloudCalls,
    ...values
  } = lineSchema.parse(JSON.parse(line));
  const hour = Math.floor(_aws.Timestamp / HOUR_MS);
  const metricHours = _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => {
        const words = names.map((name) => `${name}=${String(values[name])}`);
        return [Namespace, Name, ...words, hour].join(" ");
      }),
    ),
  );
  return { metricHours, cloudCalls };
}
