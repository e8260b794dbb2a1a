import { NOTIFICATION_EVENTS, URGENT_EVENTS } from "../notification/event-names.ts";
import type { NotificationState } from "../notification/state.ts";
import type { Key } from "../ports.ts";
import { commit, load, unborn, update } from "../protocol/actor.ts";
import type { NotifyDeps } from "./deps.ts";
import {
  gatheringKey,
  type Message,
  messageKey,
  messageSchema,
  newMessage,
  type Notification,
} from "../notification/message.ts";
import { quietUntilMs } from "./quiet-hours.ts";

/** The sweep sends a message on that nobody has taken for this long. */
const LOST_AFTER_MS = 60_000;
const KEPT_MS = 14 * 24 * 3_600_000;
/** A message of quiet hours holds so many; the next ones are put into another. */
const MAX_GATHERED = 100;

/**
 * Writes a message for each target that wants to know. The first write for a target fixes whether it goes now or at the end
 * of the quiet hours; whoever comes later, or again after a stop, follows that.
 */
export async function writeDown(
  on: NotifyDeps,
  rules: NotificationState["rules"],
  notification: Notification,
): Promise<void> {
  const targets = await on.targets();
  for (const { to, events } of rules) {
    const target = targets.get(to);
    const wanted = events.length > 0 ? events : (target?.events ?? NOTIFICATION_EVENTS);
    if (!isWanted(wanted, notification)) continue;
    const isUrgent = URGENT_EVENTS.includes(notification.event);
    const quietHours = isUrgent ? undefined : target?.quiet_hours;
    const untilMs = quietHours === undefined ? null : quietUntilMs(quietHours, on.now());
    await writeFor(on, to, notification, untilMs);
  }
}

/** Who is told of promotions is told of one that is a recovery, too. */
function isWanted(wanted: readonly string[], { event }: Notification): boolean {
  return wanted.includes(event) || (event === "recovered" && wanted.includes("promoted"));
}

async function writeFor(
  on: NotifyDeps,
  to: string,
  notification: Notification,
  untilMs: number | null,
): Promise<void> {
  const key = messageKey(to, notification.recipe, notification.id);
  const nowMs = on.now();
  const gatheredIn = untilMs === null ? null : gatheringKey(to, untilMs, 0).sk;
  const dueAtMs = untilMs ?? nowMs;
  const fresh = newMessage(to, [notification], { gatheredIn, isOpen: false, dueAtMs }, nowMs);
  const isGathered = gatheredIn !== null;
  const won = await commit(on, unborn(key, fresh), fresh, {
    sweepAtMs: isGathered ? null : nowMs + LOST_AFTER_MS,
    expiresAtMs: isGathered ? dueAtMs + KEPT_MS : null,
  });
  const message = won?.doc ?? (await load(on.store, key, messageSchema))?.doc ?? fresh;
  if (message.gatheredIn !== null) return gather(on, message);
  if (won !== null) await on.queue.send("notify", { key, version: won.version }, 0);
}

/** Puts it into the first message for the end of the quiet hours that takes more, or that has it already. */
async function gather(on: NotifyDeps, { target, notifications, dueAtMs }: Message): Promise<void> {
  const [notification] = notifications;
  if (notification === undefined) return;
  for (let nth = 0; ; nth++) {
    const key = gatheringKey(target, dueAtMs, nth);
    if (await isPutInto(on, key, { target, notification, dueAtMs })) return;
  }
}

async function isPutInto(
  on: NotifyDeps,
  key: Key,
  {
    target,
    notification,
    dueAtMs,
  }: { target: string; notification: Notification; dueAtMs: number },
): Promise<boolean> {
  const isIn = ({ notifications }: Message): boolean =>
    notifications.some(
      ({ id, recipe }) => id === notification.id && recipe === notification.recipe,
    );
  const blank = newMessage(target, [], { gatheredIn: null, isOpen: true, dueAtMs }, on.now());
  const after = await update(
    on,
    key,
    messageSchema,
    blank,
    (message) =>
      isIn(message) || !message.isOpen || message.notifications.length >= MAX_GATHERED
        ? null
        : { ...message, notifications: [...message.notifications, notification] },
    () => ({ sweepAtMs: dueAtMs }),
  );
  return isIn(after);
}
