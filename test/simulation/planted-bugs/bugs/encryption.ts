import type { PlantedBug } from "../bug.ts";

/** IMS encrypts an image by a copy, which takes its place. */
export const ENCRYPTION: PlantedBug[] = [
  {
    name: "copy-forgotten",
    breaks: "The encrypted copy is not looked for when its run ends before the copy is done",
    withinSeeds: 60,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
    ],
    only: "encrypted",
    edits: [
      {
        file: "shared/run/created-by-run.ts",
        find: "...(isCopying ? lateCopy(run, copyJob, nowMs) : []),",
        replace: "",
      },
    ],
  },
  {
    name: "plain-image-stays",
    breaks: "The image that is not encrypted is not given up when its copy takes its place",
    withinSeeds: 30,
    rules: [
      "what is not encrypted is given up before its copy is current",
      "no image is left that is not kept",
    ],
    only: "encrypted",
    edits: [
      {
        file: "shared/steps/encrypt-image.ts",
        find: "  const marked = markForDeletion(registered ?? recipeState, plainId, REPLACED, nowMs);",
        replace:
          "  const marked = registered === null ? markForDeletion(recipeState, plainId, REPLACED, nowMs) : null;",
      },
      {
        file: "shared/steps/encrypt-image.ts",
        find: 'if (!isRegistered || plain?.state === "candidate")',
        replace: "if (!isRegistered)",
      },
    ],
  },
];
