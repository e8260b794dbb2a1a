export const NAMESPACE = "Regild";

/** Numbers for CloudWatch, with the unit that each is shown in. What a host has too has its name in Prometheus. */
export const METRICS = {
  /** Recipes with a schedule and no new image by it. By every check, zero too: its alarm ends by that. */
  regild_recipe_overdue: "Count",
  /** Recipes whose current image was deleted or deactivated outside Regild. By every check, zero too. */
  regild_recipe_current_unusable: "Count",
  regild_recipe_paused: "Count",
  /** What the sweep sent on, by `kind`. A run among it had lost its message, or is kept waiting in a queue. */
  regild_sweep_sent_on_total: "Count",
  /** By `outcome`; like the next one by publish-events, which sees each end once. */
  regild_runs_total: "Count",
  /** By `step`, of each run that ends: how long it was in there, waiting included. */
  regild_step_duration_seconds: "Seconds",
  /** Of each run that succeeded: from the request for the image until it was active. */
  regild_upload_duration_seconds: "Seconds",
  /** By every function: calls to clouds, and those among them and of the calls to AWS that were sent once more. */
  regild_cloud_requests_total: "Count",
  regild_cloud_requests_repeated_total: "Count",
  regild_aws_requests_repeated_total: "Count",
  /** By publish-events: changes that nobody will be told of, since their record cannot be read or the bus refuses it. */
  regild_events_lost_total: "Count",
  /** By check-status, of each upload that it found ended: how long ago that was. */
  regild_upload_seen_late_seconds: "Seconds",
} as const;
export type MetricName = keyof typeof METRICS;

/** Several values of one number are at most 100 (CloudWatch user guide, embedded metric format). */
export type Values = Partial<Record<MetricName, number | number[]>>;

export interface Metrics {
  /**
   * @param by words that the numbers are counted by, besides the function that runs. CloudWatch charges every
   * combination of number, function and words as a metric of its own: so they are few, and known beforehand. What is
   * different for every recipe or run stands in the log.
   */
  put(values: Values, by?: Readonly<Record<string, string>>): void;
}
