import type { PlantedBug } from "../bug.ts";

const INVENTORY = "shared/image/inventory.ts";

/** One judge: every promotion and every deletion is first a conditional write in the inventory. */
export const JUDGEMENT: PlantedBug[] = [
  {
    name: "retire-before-promote",
    breaks: "The current image is retired in one write, and its successor promoted in the next",
    withinSeeds: 30,
    rules: [
      "the pointer never goes back to none",
      "nothing is retired before its successor is current",
    ],
    edits: [
      {
        file: "shared/steps/promote-image.ts",
        find: "      await ctx.changeRecipeState((recipeState) =>\n        imageOf(recipeState, candidate.id)?.state",
        replace: `      await ctx.changeRecipeState((recipeState) => ({
        ...recipeState,
        current: null,
        images: recipeState.images.map((i) =>
          i.id === recipeState.current ? { ...i, state: "retired", retiredAtMs: ctx.now() } : i,
        ),
      }));
      await ctx.changeRecipeState((recipeState) =>
        imageOf(recipeState, candidate.id)?.state`,
      },
    ],
  },
  {
    name: "old-hidden-first",
    breaks: "The image before is hidden before the new one bears the tag",
    withinSeeds: 30,
    rules: ["the clouds always show a current image"],
    edits: [
      {
        file: "shared/image/projection.ts",
        find: "const hindrances = await showAll(by, older);",
        replace: "const hindrances = await showAll(by, retired);",
      },
    ],
  },
  {
    name: "abandon-after-promotion",
    breaks: "A cancel or a deadline undoes a run whose image is current already",
    withinSeeds: 110,
    rules: ["the inventory's images move as the table allows", "the current image exists"],
    edits: [
      {
        file: "shared/protocol/reconcile-run.ts",
        find: '  if (run.promoted || run.step === "abandon") return null;\n',
        replace: '  if (run.step === "abandon") return null;\n',
      },
      {
        file: "shared/steps/abandon.ts",
        find: 'if (candidate?.state === "current" || candidate?.state === "retired") {',
        replace: 'if (candidate?.state === "retired") {',
      },
      {
        file: INVENTORY,
        find: 'current: ["retired"],',
        replace: 'current: ["retired", "deleting"],',
      },
    ],
  },
  {
    name: "undone-once-more",
    breaks: "A run that has released the recipe, and stops then, undoes all again and again",
    withinSeeds: 400,
    rules: [
      "what the inventory calls gone does not come back again and again",
      "a run does not do the same again and again",
    ],
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: "return seq > 0 && activeRun !== id;",
        replace: "return seq > 99 && activeRun !== id;",
      },
    ],
  },
  {
    name: "deleted-without-inventory",
    breaks:
      "What a run that failed has made is deleted before the inventory calls it marked for deletion",
    withinSeeds: 20,
    rules: ["only images marked for deletion are deleted"],
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: `        await ctx.changeRecipeState((recipeState) => withImages(recipeState, run, now));
        await ctx`,
        replace: `        await ctx.cloud.images.deleteImage(candidate.id);
        await ctx.changeRecipeState((recipeState) => withImages(recipeState, run, now));
        await ctx`,
      },
    ],
  },
  {
    name: "head-taken-over",
    breaks: "A run takes its recipe's state although another one works on it",
    withinSeeds: 20,
    rules: ["nothing is taken from a run that has not ended"],
    edits: [
      {
        file: "shared/protocol/claim-recipe.ts",
        find: "    else ahead.push(",
        replace: "    else if (id !== activeRun) ahead.push(",
      },
    ],
  },
  {
    name: "lock-by-recipe",
    breaks: "A source is locked under the recipe's name: two recipes work on one server",
    withinSeeds: 30,
    rules: ["a run locks every disk it takes"],
    edits: [
      {
        file: "shared/source/resolve.ts",
        find: "lockIds: [server.id, ...taken.map((v) => v.id)].toSorted(),",
        replace: "lockIds: [server.id, ...taken.map((v) => v.id)].map((id) => recipe.name + id),",
      },
    ],
  },
  {
    name: "refusal-after-promotion",
    breaks: "A refusal fails a run whose image is current already",
    withinSeeds: 210,
    rules: ["from its promotion on a run only goes forward"],
    edits: [
      {
        file: "shared/protocol/setback.ts",
        find: "  const forward = run.promoted || ",
        replace: "  const forward = ",
      },
    ],
  },
  {
    name: "deleting-parts-forgotten",
    breaks: "The inventory forgets snapshots and volumes that are to go but are still there",
    withinSeeds: 20,
    rules: [
      "the inventory forgets nothing that is not gone",
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: "shared/image/backing-resources.ts",
        find: 'resources: recipeState.resources.filter((p) => p.state !== "gone")',
        replace: 'resources: recipeState.resources.filter((p) => p.state === "kept")',
      },
    ],
  },
];
