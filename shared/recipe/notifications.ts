import * as z from "zod/mini";
import { NOTIFICATION_EVENTS } from "../notification/event-names.ts";
import { mapping, name, oneOf, optional, rule } from "./field.ts";
import type { Rule } from "./rule.ts";
import type { notificationsSchema } from "./told-targets.ts";
import { unknownName } from "./unknown-name.ts";

const EXAMPLE = "notifications: [{ to: ops, events: [failed, recovered] }]";
const EVENTS = "events: [failed, recovered]";

/** A list of events, in a recipe and in regild.yml. */
export const notificationEvents = z
  .array(oneOf(NOTIFICATION_EVENTS), { error: `is not a list. Write ${EVENTS}` })
  .check(
    z.minLength(1, { error: `is empty. Write ${EVENTS}, or take it out` }),
    rule((events) => {
      const twice = events.find((event, at) => events.indexOf(event) !== at);
      return twice === undefined ? null : `holds ${twice} twice. Take one out`;
    }),
  );

const notification = mapping(
  {
    to: name("to: ops").check(
      z.meta({ description: "A target below notifications in regild.yml", examples: ["ops"] }),
    ),
    events: optional(notificationEvents, {
      description:
        "What it is told of. Default: what regild.yml says for the target, else everything",
    }),
  },
  "- to: ops",
);

/** Whom a recipe tells of what. */
export const notifications = z
  .array(notification, { error: `is not a list. Write ${EXAMPLE}` })
  .check(
    rule((list) => {
      const twice = list.find(({ to }, at) => list.findIndex((other) => other.to === to) !== at);
      return twice === undefined
        ? null
        : `names ${twice.to} twice. Write one entry with all of its events`;
    }),
  );

export const NOTIFICATION_KEYS = Object.keys(notification.shape);

export function notificationsOf(
  list: z.infer<typeof notifications> | undefined,
): z.infer<typeof notificationsSchema> {
  return (list ?? []).map(({ to, events }) => ({ to, events: events ?? [] }));
}

/** A recipe tells only targets that there are. @param file the name of the file that says which. */
export function notificationRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["notifications"]],
    problemIn({ notifications: list }) {
      const unknown = list?.find(({ to }) => !names.includes(to))?.to;
      if (unknown === undefined) return null;
      const example = `notifications: { ${unknown}: { kind: slack, url: "https://hooks.slack.com/…" } }`;
      return unknownName(unknown, names, { kind: "target", file, example });
    },
  };
}
