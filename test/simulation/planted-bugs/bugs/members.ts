import type { PlantedBug } from "../bug.ts";

/** Images that are shared with other projects. */
export const MEMBER_BUGS: PlantedBug[] = [
  {
    name: "promoted-not-shared",
    breaks: "An image that becomes current is not shared with the recipe's members",
    only: "members",
    withinSeeds: 10,
    rules: ["the current image has its members"],
    edits: [
      {
        file: "shared/image/promotion.ts",
        find: "return shareSoon(promotedState, nowMs);",
        replace: "return shareSoon === null ? recipeState : promotedState;",
      },
    ],
  },
  {
    name: "unshared-before-the-next",
    breaks: "A retired image is taken back from a member that does not have the next one yet",
    only: "members",
    withinSeeds: 60,
    rules: ["a member loses an image only when it has the next"],
    edits: [
      {
        file: "shared/image/taking-back.ts",
        find: "(isLeft && (revoked !== null || has.has(project)))",
        replace: "(isLeft && (revoked !== null || has.size >= 0))",
      },
    ],
  },
  {
    name: "shared-unannounced",
    breaks:
      "An image is shared before the record says so: a stop in between, and nobody takes it back",
    only: "members",
    withinSeeds: 10,
    rules: ["a project is written down before an image is shared with it"],
    edits: [
      {
        file: "shared/image/share.ts",
        find: "if (missing.length > 0)\n      await",
        replace: "if (missing.length > 99)\n      await",
      },
    ],
  },
];
