import type { PlantedBug } from "../bug.ts";

const LEDGER = "shared/image/ledger.ts";

/** One judge: every promotion and every deletion is first a conditional write in the ledger. */
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
        find: "      await ctx.changeHead((head) =>\n        imageOf(head, candidate.id)?.state",
        replace: `      await ctx.changeHead((head) => ({
        ...head,
        current: null,
        images: head.images.map((i) =>
          i.id === head.current ? { ...i, state: "retired", retiredAtMs: ctx.now() } : i,
        ),
      }));
      await ctx.changeHead((head) =>
        imageOf(head, candidate.id)?.state`,
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
        find: "const hindrances = await showAll(ctx, head, older);",
        replace: "const hindrances = await showAll(ctx, head, retired);",
      },
    ],
  },
  {
    name: "abandon-after-pivot",
    breaks: "A cancel or a deadline undoes a run whose image is current already",
    withinSeeds: 110,
    rules: ["the ledger's images move as the table allows", "the current image exists"],
    edits: [
      {
        file: "shared/protocol/look-at-run.ts",
        find: '  if (run.promoted || run.step === "abandon") return null;\n',
        replace: '  if (run.step === "abandon") return null;\n',
      },
      {
        file: "shared/steps/abandon.ts",
        find: 'if (candidate?.state === "current" || candidate?.state === "retired") {',
        replace: 'if (candidate?.state === "retired") {',
      },
      { file: LEDGER, find: 'current: ["retired"],', replace: 'current: ["retired", "doomed"],' },
    ],
  },
  {
    name: "doomed-promoted",
    breaks: "Promotion does not ask the ledger what has become of the image meanwhile",
    beyondBounds: true,
    withinSeeds: 1900,
    rules: [
      "the ledger's images move as the table allows",
      "only the active run of a recipe promotes",
    ],
    edits: [
      {
        file: LEDGER,
        find: '  if (!mayMove(head, imageId, "current")) return null;\n  const replaced',
        replace: "  if (head.current === imageId) return null;\n  const replaced",
      },
      {
        file: "shared/steps/promote-image.ts",
        find: 'imageOf(head, candidate.id)?.state === "candidate"',
        replace: "head.current !== candidate.id",
      },
      {
        file: "shared/steps/promote-image.ts",
        find: 'if (entry?.state !== "candidate" || image === null',
        replace: "if (entry === undefined || image === null",
      },
    ],
  },
  {
    name: "deleted-without-ledger",
    breaks: "What a run that failed has made is deleted before the ledger calls it doomed",
    withinSeeds: 20,
    rules: ["only doomed images are deleted"],
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
    rules: ["nothing is taken from a run that has not ended"],
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
    name: "refusal-after-pivot",
    breaks: "A refusal fails a run whose image is current already",
    withinSeeds: 210,
    rules: ["from its pivot on a run only goes forward"],
    edits: [
      {
        file: "shared/protocol/look-at-run.ts",
        find: "  const forward = run.promoted || ",
        replace: "  const forward = ",
      },
    ],
  },
  {
    name: "doomed-parts-forgotten",
    breaks: "The ledger forgets snapshots and volumes that are to go but are still there",
    withinSeeds: 20,
    rules: [
      "the ledger forgets nothing that is not gone",
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: LEDGER,
        find: 'parts: head.parts.filter((p) => p.state !== "gone")',
        replace: 'parts: head.parts.filter((p) => p.state === "kept")',
      },
    ],
  },
];
