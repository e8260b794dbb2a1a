import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { NOTIFICATION_EVENTS } from "./event-names.ts";
import { MESSAGE_PREFIX, TARGET_PARTITION } from "./state-key.ts";
import type { Key } from "../ports.ts";

const epochMs = z.int().check(z.nonnegative());

/** One thing that happened, as people are told of it. */
export const notificationSchema = z.strictObject({
  /** The same whenever it is found again: `failed#web-20261123-093012-k3f9q2`. */
  id: z.string(),
  event: z.enum(NOTIFICATION_EVENTS),
  recipe: z.string(),
  /** Null: it is of no run, or of no image. */
  run: z.nullable(z.string()),
  image: z.nullable(z.strictObject({ id: z.string(), name: z.string() })),
  atMs: epochMs,
  title: z.string(),
  lines: z.array(z.string()),
});
export type Notification = z.infer<typeof notificationSchema>;

/**
 * One record per notification and target, which fixes what becomes of it, and one per end of quiet hours, which gathers.
 * The same kind of record for both: a message to one target.
 */
export const messageSchema = z.strictObject({
  schema: z.literal(1),
  target: z.string(),
  /** Several where quiet hours have gathered them. */
  notifications: z.array(notificationSchema),
  /** The message that this one was put into. Null: it is sent by itself. */
  gatheredIn: z.nullable(z.string()),
  /** It has not been tried yet, so more may be put into it. */
  isOpen: z.boolean(),
  openedAtMs: epochMs,
  /** When it was tried first. Null: not yet. */
  triedAtMs: z.nullable(epochMs),
  /** Failed deliveries in a row. */
  failures: z.int().check(z.nonnegative()),
  /** Mail: who has it already. */
  taken: z.array(z.string()),
  dueAtMs: epochMs,
  /** When it was delivered or given up. Null: neither yet. */
  doneAtMs: z.nullable(epochMs),
  /** Why it was given up. Null: it was not. */
  failure: z.nullable(z.string()),
});
export type Message = z.infer<typeof messageSchema>;

/** @param id of the notification. */
export function messageKey(target: string, recipe: string, id: string): Key {
  return { pk: `${TARGET_PARTITION}${target}`, sk: `${MESSAGE_PREFIX}${digestOf(recipe, id)}` };
}

/** @param nth a message holds so many; the next one has the next number. */
export function gatheringKey(target: string, untilMs: number, nth: number): Key {
  const sk = `${MESSAGE_PREFIX}until-${new Date(untilMs).toISOString().slice(0, 16)}-${nth}`;
  return { pk: `${TARGET_PARTITION}${target}`, sk };
}

/** What a receiver tells a repetition by, the same at every one. */
export function publicId({ pk, sk }: Key): string {
  return `msg_${digestOf(pk, sk)}`;
}

function digestOf(...parts: string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 24);
}

export function newMessage(
  target: string,
  notifications: Notification[],
  is: Pick<Message, "gatheredIn" | "isOpen" | "dueAtMs">,
  nowMs: number,
): Message {
  return {
    schema: 1,
    target,
    notifications,
    openedAtMs: nowMs,
    triedAtMs: null,
    failures: 0,
    taken: [],
    doneAtMs: null,
    failure: null,
    ...is,
  };
}
