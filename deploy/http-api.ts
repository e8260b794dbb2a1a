import { madeFor, ref, type Resources, ROUTED } from "./names.ts";

/**
 * Bounds of the HTTP API that serverless makes of the routes. Who sends more is answered 429 by the API itself: so a
 * stranger cannot make it cost much, as far as AWS keeps to them ("targets rather than guaranteed ceilings").
 * Source: API Gateway developer guide, Throttle requests to your HTTP APIs.
 */
const REQUESTS_PER_SECOND = 10;
const BURST = 20;

/** Numbers that are counted in the access log. */
export const API_NAMESPACE = "Regild/HttpApi";
export const THROTTLED = "RequestsThrottled";

/** The API has a metric for all 4xx together and none for 429: the access log is counted. */
export function throttledRequests(): Resources {
  return {
    RequestsThrottledFilter: {
      Type: "AWS::Logs::MetricFilter",
      Properties: {
        LogGroupName: ref("HttpApiLogGroup"),
        FilterPattern: '{ $.status = "429" }',
        MetricTransformations: [
          { MetricNamespace: API_NAMESPACE, MetricName: THROTTLED, MetricValue: "1" },
        ],
      },
    },
  };
}

/**
 * What is added to resources that serverless makes itself.
 * @param edgeConcurrency instances of each function behind the API; null: AWS sets no bound but the account's.
 */
export function httpApi(edgeConcurrency: number | null) {
  const stage = {
    Properties: {
      DefaultRouteSettings: {
        DetailedMetricsEnabled: false,
        ThrottlingRateLimit: REQUESTS_PER_SECOND,
        ThrottlingBurstLimit: BURST,
      },
    },
  };
  const reserved = { Properties: { ReservedConcurrentExecutions: edgeConcurrency } };
  const bounded = edgeConcurrency === null ? [] : ROUTED;
  return {
    HttpApiStage: stage,
    ...Object.fromEntries(bounded.map((name) => [madeFor(name, "LambdaFunction"), reserved])),
  };
}
