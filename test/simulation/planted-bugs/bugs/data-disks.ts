import type { PlantedBug } from "../bug.ts";

/** The images of several data disks come and go together. */
export const DATA_DISK_BUGS: PlantedBug[] = [
  {
    name: "second-image-left",
    breaks: "Of a set of images only the first one is deleted",
    withinSeeds: 15,
    rules: ["no image is left that is not kept"],
    only: "data disks",
    edits: [
      {
        file: "shared/image/inventory.ts",
        find: 'p.imageId === imageId && p.state === "kept" ?',
        replace: 'p.imageId === imageId && p.state === "kept" && p.kind !== "image" ?',
      },
      {
        file: "shared/image/strays.ts",
        find: 'p.state === "kept" && (p.imageId === null',
        replace: 'p.state === "kept" && p.kind !== "image" && (p.imageId === null',
      },
    ],
  },
  {
    name: "failed-part-overlooked",
    breaks: "A set becomes current without the image of a disk whose part of the job has failed",
    withinSeeds: 150,
    rules: ["a set has an image of each disk"],
    only: "data disks",
    edits: [
      {
        file: "shared/steps/image-job.ts",
        find: "if (found === undefined) return null;",
        replace: "if (found === undefined) continue;",
      },
      {
        file: "shared/steps/image-job.ts",
        find: "  return images;\n",
        replace: "  return images.length === 0 ? null : images;\n",
      },
      {
        file: "shared/steps/image-job.ts",
        find: 'if (seen?.status === "FAIL") return {',
        replace: 'if (seen?.status === "FAIL" && images === null) return {',
      },
      {
        file: "shared/steps/image-job.ts",
        find: 'seen === null || seen.status === "SUCCESS";',
        replace: 'seen === null || ["SUCCESS", "FAIL"].includes(seen.status);',
      },
    ],
  },
  {
    name: "half-a-set-shown",
    breaks: "The first image of a set is shown as current before the others",
    withinSeeds: 10,
    rules: ["within bounds, nobody finds half a set"],
    only: "data disks",
    edits: [
      {
        file: "shared/image/projection.ts",
        find: "if (isCurrent && !(await showDiskImages(by, entry))) return false;",
        replace: "if (isCurrent && !(await showOne(by, entry))) return false;",
      },
      {
        file: "shared/image/projection.ts",
        find: "return isCurrent ? isShownNow : (await showDiskImages(by, entry)) && isShownNow;",
        replace: "return (await showDiskImages(by, entry)) && isShownNow;",
      },
    ],
  },
];
