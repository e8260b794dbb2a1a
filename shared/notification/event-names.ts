/** What people can be told of a recipe. docs/notifications.md has a row for each. */
export const NOTIFICATION_EVENTS = [
  "failed",
  "recovered",
  "promoted",
  "approval",
  "unusable",
  "overdue",
  "standing_still",
  "clean_up_stopped",
  "paused",
  "deleting_soon",
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/**
 * Sent in quiet hours too: each hour that passes costs. New servers may not boot, or a run holds a stopped server and
 * nobody works on it.
 */
export const URGENT_EVENTS: readonly NotificationEvent[] = ["unusable", "standing_still"];
