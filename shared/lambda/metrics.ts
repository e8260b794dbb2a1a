export const NAMESPACE = "Regild";

/** Numbers for CloudWatch, with the unit that each is shown in. */
export const METRICS = {
  /** Recipes with a schedule and no new image by it. By every check, zero too: its alarm ends by that. */
  RecipesOverdue: "Count",
  /** What the sweep sent on, by `Kind`. A run among it had lost its message, or is kept waiting in a queue. */
  SentOn: "Count",
} as const;
export type MetricName = keyof typeof METRICS;

export interface Metrics {
  /**
   * @param by words that the numbers are counted by, besides the function that runs. CloudWatch charges every
   * combination of number, function and words as a metric of its own: so they are few, and known beforehand. What is
   * different for every recipe or run stands in the log.
   */
  put(values: Partial<Record<MetricName, number>>, by?: Readonly<Record<string, string>>): void;
}
