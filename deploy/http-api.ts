/**
 * Bounds of the HTTP API that serverless makes of the routes. Who sends more is answered 429 by the API itself: so a
 * stranger cannot make it cost much, as far as AWS keeps to them ("targets rather than guaranteed ceilings").
 * Source: API Gateway developer guide, Throttle requests to your HTTP APIs.
 */
const REQUESTS_PER_SECOND = 10;
const BURST = 20;

/** What is added to resources that serverless makes itself. */
export function httpApi() {
  return {
    extensions: {
      HttpApiStage: {
        Properties: {
          DefaultRouteSettings: {
            DetailedMetricsEnabled: false,
            ThrottlingRateLimit: REQUESTS_PER_SECOND,
            ThrottlingBurstLimit: BURST,
          },
        },
      },
    },
  };
}
