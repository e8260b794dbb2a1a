import type { PlantedBug } from "../bug.ts";

const IMAGE_JOB = "shared/steps/image-job.ts";

/** IMS makes images by jobs, and gives each name to one image. */
export const IMAGE_JOBS: PlantedBug[] = [
  {
    name: "taken-name-is-no",
    breaks:
      "A create whose name is taken by the image of an earlier try is taken for one that was refused",
    withinSeeds: 110,
    rules: ["no run fails because its image is there already"],
    only: "ims",
    edits: [
      {
        file: IMAGE_JOB,
        find: 'if (error instanceof CloudError && error.code === "name-taken") return null;',
        replace: "if (!(error instanceof CloudError)) return null;",
      },
    ],
  },
  {
    name: "job-forgotten",
    breaks:
      "The image of a job is not looked for when its run ends before the job does, or the job fails",
    withinSeeds: 15,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
    ],
    only: "ims",
    edits: [
      {
        file: IMAGE_JOB,
        find: "unansweredAttempts: [...run.unansweredAttempts, attempt],",
        replace: "unansweredAttempts: attempt === null ? [] : run.unansweredAttempts,",
      },
    ],
  },
];
