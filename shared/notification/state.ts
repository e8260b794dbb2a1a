import * as z from "zod/mini";
import { notificationsSchema } from "../recipe/told-targets.ts";

const epochMs = z.int().check(z.nonnegative());

/**
 * One record per recipe that tells somebody: whom, and what was found already. What is found is written down as a message
 * first and noted here afterwards, so a stop in between finds the same again, under the same ids.
 */
export const notificationStateSchema = z.strictObject({
  schema: z.literal(1),
  recipe: z.string(),
  /** Whom the recipe tells now. */
  rules: notificationsSchema,
  /** Nothing from before is told. */
  sinceMs: epochMs,
  /** When the records of the recipe were last read for news. */
  readAtMs: epochMs,
  /** Runs that had not ended then, with the time since when nobody has worked on them. Null: somebody works. */
  openRuns: z.array(z.strictObject({ id: z.string(), lateSinceMs: z.nullable(epochMs) })),
  /** The last run that counts has failed. */
  isFailing: z.boolean(),
  /** Found then: what is found again is no news. */
  known: z.array(z.string()),
});
export type NotificationState = z.infer<typeof notificationStateSchema>;

export function newNotificationState(
  { name, notifications }: { name: string; notifications: NotificationState["rules"] },
  nowMs: number,
): NotificationState {
  return {
    schema: 1,
    recipe: name,
    rules: notifications,
    sinceMs: nowMs,
    readAtMs: nowMs,
    openRuns: [],
    isFailing: false,
    known: [],
  };
}

/** Gap between two looks where nothing says that there is news: reminders and what time alone brings are found so. */
export const NEWS_CHECK_MS = 15 * 60_000;

/** @returns when the records are read next. Null: the recipe tells nobody. */
export function newsCheckAtMs({ rules, readAtMs }: NotificationState): number | null {
  return rules.length === 0 ? null : readAtMs + NEWS_CHECK_MS;
}
