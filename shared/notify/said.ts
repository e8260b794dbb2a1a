import type { Message } from "../notification/message.ts";
import type { Said } from "./phrases.ts";

/** What a message says: one notification, or the list that quiet hours have gathered. */
export function saidOf({ notifications }: Message): Said {
  const [first] = notifications;
  if (first !== undefined && notifications.length === 1) return first;
  return {
    title: `While it was quiet: ${notifications.length} notifications`,
    lines: notifications.map(({ atMs, title, lines }) =>
      [`${new Date(atMs).toISOString().slice(0, 16)}Z ${title}`, ...lines.slice(0, 1)].join(". "),
    ),
  };
}
