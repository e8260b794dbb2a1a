import type { PlantedBug } from "../bug.ts";

/** Images that Regild protects from deletes by mistake. */
export const PROTECTION_BUGS: PlantedBug[] = [
  {
    name: "protection-of-others-taken-off",
    breaks: "What somebody has protected is taken for protected by Regild, and deleted",
    only: "protected",
    withinSeeds: 231,
    rules: ["no protection of others is taken off", "no protected image goes"],
    edits: [
      {
        file: "shared/image/protection.ts",
        find: `return image.protected && entry.protection?.state !== "lifted" && bearsMark(entry, image);`,
        replace: "return image.protected;",
      },
    ],
  },
  {
    name: "protection-note-forgotten",
    breaks: "An image is protected without a note in its record, and can never be deleted",
    only: "protected",
    withinSeeds: 10,
    rules: ["a protection is written down before it is set"],
    edits: [
      {
        file: "shared/image/protect.ts",
        find: "return step === null || step.protection === entry?.protection",
        replace: "return step === null || step.protection !== null",
      },
    ],
  },
  {
    name: "protected-waits-for-ever",
    breaks: "Regild does not take its own protection off, so that an old image is never deleted",
    only: "protected",
    withinSeeds: 15,
    rules: ["no delete waits for Regild's own protection"],
    edits: [
      {
        file: "shared/image/removal.ts",
        find: "await takeOff(ctx, op.id);",
        replace: "if (op.id === null) await takeOff(ctx, op.id);",
      },
    ],
  },
  {
    name: "promoted-not-protected",
    breaks: "The PATCH that protects an image is sent once only: a lost one is not made good",
    only: "protected",
    withinSeeds: 132,
    rules: ["the current image is protected"],
    edits: [
      {
        file: "shared/image/protection.ts",
        find: "return set(entry, protection);",
        replace: "return null;",
      },
    ],
  },
];
