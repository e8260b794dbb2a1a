export const NAMESPACE = "Regild";

/** Numbers for CloudWatch, with the unit that each is shown in. */
export const METRICS = {
  /** Recipes with a schedule and no new image by it. By every check, zero too: its alarm ends by that. */
  RecipesOverdue: "Count",
  /** Recipes whose current image was deleted or deactivated outside Regild. By every check, zero too. */
  CurrentImagesUnusable: "Count",
  RecipesPaused: "Count",
  /** What the sweep sent on, by `Kind`. A run among it had lost its message, or is kept waiting in a queue. */
  SentOn: "Count",
  /** By `Outcome`; like the next one by publish-events, which sees each end once. */
  RunsEnded: "Count",
  /** By `Step`, of each run that ends: how long it was in there, waiting included. */
  StepSeconds: "Seconds",
  /** By every function: calls to clouds, and those among them and of the calls to AWS that were sent once more. */
  CloudCalls: "Count",
  CloudCallsRepeated: "Count",
  AwsCallsRepeated: "Count",
  /** By publish-events: changes that nobody will be told of, since their record cannot be read or the bus refuses it. */
  EventsLost: "Count",
  /** By check-status, of each upload that it found ended: how long ago that was. */
  SeenLateSeconds: "Seconds",
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
