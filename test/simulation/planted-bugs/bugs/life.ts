import type { PlantedBug } from "../bug.ts";

/** What people decide about images and recipes is not kept. */
export const LIFE: PlantedBug[] = [
  {
    name: "clean-up-forgets-the-pause",
    breaks:
      "A clean-up marks retired images for deletion, and deletes them, while their recipe is paused",
    withinSeeds: 300,
    rules: ["a paused recipe deletes nothing old"],
    edits: [
      {
        file: "shared/image/pause.ts",
        find: 'return pause?.scope === "everything" ? pause : null;',
        replace: "return pause && null;",
      },
      {
        file: "shared/image/pause.ts",
        find: 'return pause?.scope === "everything" ? endOf(pause) : 0;',
        replace: "return pause === null ? 0 : 0;",
      },
    ],
  },
  {
    name: "missed-starts-are-made-up-for",
    breaks: "The schedule heeds no pause: a paused recipe is started all the same",
    withinSeeds: 600,
    rules: ["no schedule starts a paused recipe"],
    edits: [
      {
        file: "shared/protocol/on-schedule.ts",
        find: "(isInPause(recipeState, dueAtMs) || pauseAt(recipeState, now) !== null)",
        replace:
          "isInPause(recipeState, dueAtMs) && pauseAt(recipeState, now) === null && dueAtMs < 0",
      },
    ],
  },
];
