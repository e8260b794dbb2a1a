import { type MetricName, NAMESPACE } from "../shared/lambda/metrics.ts";
import { OUTCOMES } from "../shared/run/record.ts";
import { EVERY_FUNCTION, QUEUED, type Resources, STEPS, sub } from "./names.ts";

/** What waits, what is dead, what breaks off, how long it takes, what it asks of the clouds, and what is late. */
export function dashboard(name: string): Resources {
  const queue = (metric: string, suffix = "") =>
    QUEUED.map((step) => ["AWS/SQS", metric, "QueueName", `${name}-${step}${suffix}`]);
  const lambda = (metric: string) =>
    EVERY_FUNCTION.map((each) => ["AWS/Lambda", metric, "FunctionName", `${name}-${each}`]);
  const own = (each: string, metric: MetricName, ...by: string[]) => [
    NAMESPACE,
    metric,
    "FunctionName",
    `${name}-${each}`,
    ...by,
  ];
  const charts = [
    {
      title: "Oldest message, seconds",
      stat: "Maximum",
      metrics: queue("ApproximateAgeOfOldestMessage"),
    },
    {
      title: "Dead letters received",
      stat: "Sum",
      metrics: queue("NumberOfMessagesReceived", "-dead-letters"),
    },
    { title: "Functions broken off", stat: "Sum", metrics: lambda("Errors") },
    { title: "Duration, ms", stat: "p95", metrics: lambda("Duration") },
    {
      title: "Runs ended",
      stat: "Sum",
      metrics: OUTCOMES.map((outcome) =>
        own("publish-events", "regild_runs_total", "outcome", outcome),
      ),
    },
    {
      title: "Seconds in each step",
      stat: "p95",
      metrics: STEPS.map((step) =>
        own("publish-events", "regild_step_duration_seconds", "step", step),
      ),
    },
    {
      title: "Cloud calls",
      stat: "Sum",
      metrics: STEPS.map((step) => own(step, "regild_cloud_requests_total")),
    },
    {
      title: "Calls repeated",
      stat: "Sum",
      metrics: [
        ...STEPS.map((step) => own(step, "regild_cloud_requests_repeated_total")),
        ...EVERY_FUNCTION.map((each) => own(each, "regild_aws_requests_repeated_total")),
      ],
    },
    {
      title: "Uploads, seconds",
      stat: "p95",
      metrics: [own("publish-events", "regild_upload_duration_seconds")],
    },
    {
      title: "Ends of uploads seen late, seconds",
      stat: "p95",
      metrics: [own("check-status", "regild_upload_seen_late_seconds")],
    },
    {
      title: "Recipes overdue, paused, and with a current image that is not usable",
      stat: "Maximum",
      metrics: (
        ["regild_recipe_overdue", "regild_recipe_paused", "regild_recipe_current_unusable"] as const
      ).map((metric) => own("check-freshness", metric)),
    },
    {
      title: "Sent on by the sweep",
      stat: "Sum",
      metrics: ["run", "recipe", "source", "report"].map((kind) =>
        own("sweep", "regild_sweep_sent_on_total", "kind", kind),
      ),
    },
    {
      title: "Webhooks: all, refused, not taken",
      stat: "Sum",
      metrics: ["Count", "4xx", "5xx"].map((metric) => [
        "AWS/ApiGateway",
        metric,
        "ApiId",
        "${HttpApi}",
      ]),
    },
  ];
  const widgets = charts.map((chart, at) => ({
    type: "metric",
    x: 12 * (at % 2),
    y: 6 * Math.floor(at / 2),
    width: 12,
    height: 6,
    properties: { ...chart, period: 300, region: "${AWS::Region}" },
  }));
  return {
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: name, DashboardBody: sub(JSON.stringify({ widgets })) },
    },
  };
}
