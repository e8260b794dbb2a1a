import type { PlantedBug } from "../bug.ts";

/** Recipes that tell people of the ends of their runs. */
export const NOTIFICATION_BUGS: PlantedBug[] = [
  {
    name: "refused-notification-is-done",
    breaks: "A notification is taken for delivered though its receiver was down",
    withinSeeds: 6,
    only: "notifications",
    rules: ["people hear of each end, or it is given up"],
    edits: [
      {
        file: "shared/notify/reconcile-message.ts",
        find: "if (refusal === null || refusal.isForGood) return finish(on, after, refusal?.reason ?? null);",
        replace: "if (refusal === null || refusal !== null) return finish(on, after, null);",
      },
    ],
  },
  {
    name: "notification-is-given-up-soon",
    breaks: "A notification is given up after an hour, though its receiver is back within a day",
    withinSeeds: 6,
    only: "notifications",
    rules: ["news is given up after a day of trying"],
    edits: [
      {
        file: "shared/notify/reconcile-message.ts",
        find: "const GIVE_UP_MS = 24 * HOUR;",
        replace: "const GIVE_UP_MS = HOUR;",
      },
    ],
  },
];
