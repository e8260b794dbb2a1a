import type { PlantedBug } from "../bug.ts";

/** Copies in another region that IMS makes under ids of their own. */
export const REGION_COPY_BUGS: PlantedBug[] = [
  {
    name: "region-copy-id-forgotten",
    breaks: "The record of the image does not learn the id of its copy",
    withinSeeds: 40,
    only: "region copies",
    rules: [
      "what becomes current is usable in each zone",
      "no copy in another region is left without its image",
    ],
    edits: [
      {
        file: "shared/steps/distribute.ts",
        find: "    await ctx.changeRecipeState((recipeState) => withImages(recipeState, known, ctx.now()));\n",
        replace:
          "    if (known.diskImages.length > 9) await ctx.changeRecipeState((recipeState) => withImages(recipeState, known, ctx.now()));\n",
      },
    ],
  },
  {
    name: "region-copy-not-awaited",
    breaks: "A copy is not looked for when its run ends before the job does",
    withinSeeds: 20,
    only: "region copies",
    rules: ["no copy in another region is left without its image"],
    edits: [
      {
        file: "shared/run/created-by-run.ts",
        find: "    ...(run.regionCopies ?? []).flatMap((copy) => lateRegionCopy(run, copy, nowMs)),\n",
        replace: "",
      },
    ],
  },
  {
    name: "region-copy-not-deleted",
    breaks: "An image is deleted, and its copy in the other region stays",
    withinSeeds: 20,
    only: "region copies",
    rules: [
      "no copy in another region is left without its image",
      "what the inventory calls gone is gone everywhere",
    ],
    edits: [
      {
        file: "shared/image/copies.ts",
        find: "cloud !== null || imageId !== undefined",
        replace: "cloud !== null && imageId !== null",
      },
    ],
  },
  {
    name: "region-copy-without-tag",
    breaks: "Consumers of the other region do not find the copy of the current image",
    withinSeeds: 20,
    only: "region copies",
    rules: ["another region shows the copy of the current image"],
    edits: [
      {
        file: "shared/image/region-copy-projection.ts",
        find: "for (const tag of lacking.addTags) await images.addTag(copy.id, tag);",
        replace: "",
      },
    ],
  },
];
