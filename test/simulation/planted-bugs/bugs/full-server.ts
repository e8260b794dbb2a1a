import type { PlantedBug } from "../bug.ts";

const REMOVAL_PLAN = "shared/image/removal-plan.ts";

/** The backup of a full-server image is complete before the image is current, and goes with it. */
export const FULL_SERVER: PlantedBug[] = [
  {
    name: "backup-left-behind",
    breaks: "The backup of a full-server image is not written down, and nobody deletes it",
    withinSeeds: 10,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no backup is left that is not kept",
    ],
    only: "full server",
    edits: [
      {
        file: "shared/steps/check-status.ts",
        find: "isOfBackup ? decideImageBackup(run, candidate.id, seen, nowMs) : null",
        replace: "null",
      },
      {
        file: REMOVAL_PLAN,
        find: "entry.backup !== null && recordedBackup(recipeState, id) === undefined",
        replace: "false",
      },
    ],
  },
  {
    name: "backup-of-late-image-left",
    breaks:
      "An image that shows up after its run has ended is deleted before anybody has written down its backup",
    withinSeeds: 20,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no backup is left that is not kept",
    ],
    only: "full server",
    edits: [
      {
        file: REMOVAL_PLAN,
        find: "entry.backup !== null && recordedBackup(recipeState, id) === undefined",
        replace: "false",
      },
    ],
  },
  {
    name: "backup-believed-gone",
    breaks: "A backup counts as gone as soon as the delete of its image is accepted",
    withinSeeds: 60,
    rules: ["what the inventory calls gone is gone"],
    only: "full server",
    edits: [
      {
        file: "shared/image/resource-removal.ts",
        find: "if (there === null) {",
        replace:
          'if (there === null || (resource.kind === "backup" && resource.askedAtMs !== null)) {',
      },
    ],
  },
  {
    name: "backup-not-awaited",
    breaks: "A full-server image becomes current while CBR still copies the disks",
    withinSeeds: 150,
    rules: ["no image is current before its backup is complete"],
    only: "full server",
    edits: [
      {
        file: "shared/steps/image-backup.ts",
        find: 'if (backup.status === "available") return null;',
        replace: 'if (backup.status !== "error") return null;',
      },
    ],
  },
];
