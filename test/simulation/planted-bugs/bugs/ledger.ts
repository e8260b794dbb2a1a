import type { PlantedBug } from "../bug.ts";

const LEDGER = "shared/image/ledger.ts";

/** One judge: every promotion and every deletion is first a conditional write in the ledger. */
export const JUDGEMENT: PlantedBug[] = [
  {
    name: "retire-before-promote",
    breaks: "The current image is retired in one write, and its successor promoted in the next",
    withinSeeds: 10,
    edits: [
      {
        file: "shared/steps/promote-image.ts",
        find: "      await ctx.changeHead((head) =>\n        imageOf(",
        replace: `      await ctx.changeHead((head) => ({
        ...head,
        current: null,
        images: head.images.map((i) =>
          i.id === head.current ? { ...i, state: "retired", retiredAtMs: now } : i,
        ),
      }));
      await ctx.changeHead((head) =>
        imageOf(`,
      },
    ],
  },
  {
    name: "old-hidden-first",
    breaks: "The image before is hidden before the new one bears the tag",
    withinSeeds: 20,
    edits: [
      {
        file: "shared/image/projection.ts",
        find: "const hindrances = await showAll(ctx, head, older);",
        replace: "const hindrances = await showAll(ctx, head, retired);",
      },
    ],
  },
  {
    name: "deleted-without-ledger",
    breaks: "What a run that failed has made is deleted before the ledger calls it doomed",
    withinSeeds: 10,
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: `        await ctx.changeHead((head) => register(head, entry));
        await ctx`,
        replace: `        await ctx.cloud.images.deleteImage(entry.id);
        await ctx.changeHead((head) => register(head, entry));
        await ctx`,
      },
    ],
  },
  {
    name: "head-taken-over",
    breaks: "A run takes its recipe's head although another one works on it",
    withinSeeds: 20,
    edits: [
      {
        file: "shared/steps/prepare-source.ts",
        find: "if (seen.activeRun !== null && !seen.activeEnded)",
        replace: "if (seen.activeRun !== null && seen.activeEnded && seen.seq < 0)",
      },
    ],
  },
  {
    name: "lock-by-recipe",
    breaks: "A source is locked under the recipe's name: two recipes work on one server",
    withinSeeds: 10,
    edits: [
      {
        file: "shared/source/resolve.ts",
        find: "lockIds: [server.id, ...taken.map((v) => v.id)].toSorted(),",
        replace: "lockIds: [server.id, ...taken.map((v) => v.id)].map((id) => recipe.name + id),",
      },
    ],
  },
  {
    name: "doomed-parts-forgotten",
    breaks: "The ledger forgets snapshots and volumes that are to go but are still there",
    withinSeeds: 30,
    edits: [
      {
        file: LEDGER,
        find: 'parts: head.parts.filter((p) => p.state !== "gone")',
        replace: 'parts: head.parts.filter((p) => p.state === "kept")',
      },
    ],
  },
];
