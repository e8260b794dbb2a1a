import { EVERY_FUNCTION, type Resources, STEPS, sub } from "./names.ts";

/** Four charts: what waits, what is dead, what breaks off, how long a look takes. */
export function dashboard(name: string): Resources {
  const queue = (metric: string, suffix = "") =>
    STEPS.map((step) => ["AWS/SQS", metric, "QueueName", `${name}-${step}${suffix}`]);
  const lambda = (metric: string) =>
    EVERY_FUNCTION.map((each) => ["AWS/Lambda", metric, "FunctionName", `${name}-${each}`]);
  const charts = [
    { title: "Oldest message, seconds", metrics: queue("ApproximateAgeOfOldestMessage") },
    { title: "Dead letters received", metrics: queue("NumberOfMessagesReceived", "-dead-letters") },
    { title: "Functions broken off", metrics: lambda("Errors") },
    { title: "Duration, ms", metrics: lambda("Duration") },
  ];
  const stats = ["Maximum", "Sum", "Sum", "p95"];
  const widgets = charts.map(({ title, metrics }, at) => ({
    type: "metric",
    x: 12 * (at % 2),
    y: 6 * Math.floor(at / 2),
    width: 12,
    height: 6,
    properties: { title, metrics, stat: stats[at], period: 300, region: "${AWS::Region}" },
  }));
  return {
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: name, DashboardBody: sub(JSON.stringify({ widgets })) },
    },
  };
}
