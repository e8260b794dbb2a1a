export interface Price {
  /** What is counted. */
  unit: string;
  usd: number;
  /** `any`: the same in both, by what was read. */
  region: "eu-central-1" | "us-east-1" | "any";
  from: string;
  /** When it was read there; null: from a copy that bears no date. */
  readOn: string | null;
}

const PRICE_LIST = (service: string) =>
  `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/${service}/current/eu-central-1/index.json`;
const MILLION = 1_000_000;

/**
 * Looked up on 2026-11-22, and that of HTTP APIs on 2026-11-27. AWS's own pages show most prices in a browser only: those of its price list are as others
 * quote it, with the day on which they read it. First tiers, without what AWS gives for free each month, taxes and
 * discounts.
 */
export const PRICES = {
  lambdaRequest: {
    unit: "invocation of a function",
    usd: 0.2 / MILLION,
    region: "eu-central-1",
    from: PRICE_LIST("AWSLambda"),
    readOn: "2026-09-11",
  },
  lambdaGibSecond: {
    unit: "second of a function with 1 GiB, arm64, per ms, its start included",
    usd: 0.0000133334,
    region: "eu-central-1",
    from: PRICE_LIST("AWSLambda"),
    readOn: "2026-09-11",
  },
  sqsRequest: {
    unit: "request to a standard queue, up to 64 KiB",
    usd: 0.4 / MILLION,
    region: "eu-central-1",
    from: PRICE_LIST("AWSQueueService"),
    readOn: "2026-09-11",
  },
  dynamoDbRead: {
    unit: "read request unit, on demand",
    usd: 0.1525 / MILLION,
    region: "eu-central-1",
    from: PRICE_LIST("AmazonDynamoDB"),
    readOn: "2026-09-11",
  },
  dynamoDbWrite: {
    unit: "write request unit, on demand",
    usd: 0.7625 / MILLION,
    region: "eu-central-1",
    from: PRICE_LIST("AmazonDynamoDB"),
    readOn: "2026-09-11",
  },
  logGib: {
    unit: "GiB taken into CloudWatch Logs",
    usd: 0.63,
    region: "eu-central-1",
    from: PRICE_LIST("AmazonCloudWatch"),
    readOn: "2026-09-11",
  },
  alarmMonth: {
    unit: "metric that an alarm watches, per month",
    usd: 0.1,
    region: "eu-central-1",
    from: PRICE_LIST("AmazonCloudWatch"),
    readOn: "2026-09-11",
  },
  metricMonth: {
    unit: "metric of one's own, per month, by the hours it is sent in",
    usd: 0.3,
    region: "any",
    from: "https://aws.amazon.com/cloudwatch/pricing/",
    readOn: "2022-04-29",
  },
  dashboardMonth: {
    unit: "dashboard, per month",
    usd: 3,
    region: "any",
    from: "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/",
    readOn: "2026-06-13",
  },
  scheduledStart: {
    unit: "start by EventBridge Scheduler",
    usd: 1 / MILLION,
    region: "us-east-1",
    from: "https://cloudburn.io/blog/amazon-eventbridge-pricing",
    readOn: "2026-03-13",
  },
  busEvent: {
    unit: "event on a bus, up to 64 KiB",
    usd: 1 / MILLION,
    region: "any",
    from: "https://cloudburn.io/blog/amazon-eventbridge-pricing",
    readOn: "2026-03-13",
  },
  httpRequest: {
    unit: "request to an HTTP API, up to 512 KiB",
    usd: 1 / MILLION,
    region: "us-east-1",
    from: "https://awsforengineers.com/blog/aws-api-gateway-pricing-explained",
    readOn: "2025-05-19",
  },
  kmsRequest: {
    unit: "request to KMS, by a key that AWS manages",
    usd: 0.03 / 10_000,
    region: "any",
    from: "https://www.wring.co/blog/aws-kms-pricing-guide",
    readOn: "2026-03-15",
  },
  stateTransition: {
    unit: "state transition of a standard workflow in Step Functions",
    usd: 0.025 / 1000,
    region: "eu-central-1",
    from: "https://aws.amazon.com/step-functions/pricing/",
    readOn: null,
  },
  instanceHour: {
    unit: "hour of a t4g.nano, Linux, on demand",
    usd: 0.0042,
    region: "us-east-1",
    from: "https://aws.amazon.com/ec2/pricing/on-demand/",
    readOn: null,
  },
  diskGibMonth: {
    unit: "GiB of a gp3 volume, per month",
    usd: 0.0952,
    region: "eu-central-1",
    from: "https://hendric-jabs.de/2023/11/02/gp3-in-2-minuten/",
    readOn: "2023-11-02",
  },
  addressHour: {
    unit: "hour of a public IPv4 address",
    usd: 0.005,
    region: "any",
    from: "https://vishalvyas.com/understand-aws-public-ipv4-address-usage-and-pricing/",
    readOn: null,
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;
