import type { PlantedBug } from "../bug.ts";

const CHOSEN_IDS = "shared/protocol/chosen-ids.ts";
const CREATIONS = "shared/steps/creations.ts";
const LEFT = [
  "no image is left that is not kept",
  "an ended run has no unrecorded left-over",
  "within bounds, nothing is unrecorded",
];

/** An image has the id that its create asks for, so that a create can be sent again and can be stopped for good. */
export const CHOSEN_ID_BUGS: PlantedBug[] = [
  {
    name: "id-of-earlier-attempt",
    breaks: "The next attempt asks for the image id of the attempt before",
    withinSeeds: 400,
    rules: ["each attempt asks for an image id of its own"],
    edits: [
      {
        file: CHOSEN_IDS,
        find: "tried.at(-1) ?? deps.ids.uuid()",
        replace:
          'tried.at(-1) ?? `00000000-0000-4000-a000-${Buffer.from(run.id).toString("hex").slice(-12)}`',
      },
    ],
  },
  {
    name: "trial-not-noted",
    breaks: "An id is tried out before the record names it",
    withinSeeds: 200,
    rules: ["no id is used up but one that a run had chosen"],
    edits: [
      {
        file: CHOSEN_IDS,
        find: 'const { run } = session;\n  const id = run.triedImageId ?? "";',
        replace: "const { run } = session;\n  const id = deps.ids.uuid();",
      },
    ],
  },
  {
    name: "trial-used-up-again",
    breaks: "A run that is undone uses the id up that it tried out, again and again",
    withinSeeds: 400,
    rules: ["a run does not do the same again and again"],
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: "set: { triedImageId: null, unansweredAttempts",
        replace: "set: { unansweredAttempts",
      },
    ],
  },
  {
    name: "trial-left",
    breaks: "The empty image stays if the worker that made it has died",
    withinSeeds: 800,
    rules: ["an ended run has no unrecorded left-over", "within bounds, nothing is unrecorded"],
    edits: [
      {
        file: CHOSEN_IDS,
        find: "if (!(await ctx.cloud.images.fence(id, fenceName(id)))) await ctx.cloud.images.deleteImage(id);",
        replace: "await ctx.cloud.images.fence(id, fenceName(id));",
      },
    ],
  },
  {
    name: "key-left-on-volume",
    breaks: "The image id that is written on the user's own volume stays there",
    withinSeeds: 60,
    rules: ["no volume of others keeps an image id"],
    edits: [
      {
        file: "shared/source/image-id.ts",
        find: "await ctx.cloud.volumes.chooseImageId(volumeId, null);",
        replace: "",
      },
    ],
  },
  {
    name: "key-left-by-dead-run",
    breaks: "The volume's record does not take off the image id that a run could not take off",
    withinSeeds: 60,
    rules: ["no volume of others keeps an image id"],
    edits: [
      {
        file: "shared/protocol/reconcile-source.ts",
        find: "await removeGivenImageId(deps, ctx, id)",
        replace: "0",
      },
    ],
  },
  {
    name: "conflict-taken-for-no",
    breaks: "A create whose image is there already is taken for one that was refused",
    withinSeeds: 200,
    rules: ["no run fails because its image is there already"],
    edits: [
      { file: CREATIONS, find: 'if (error.code === "id-taken") return imageId;', replace: "" },
      {
        file: "shared/protocol/create.ts",
        find: "const found = await program.creations[intent.kind].find(session.ctx, session.run, intent);",
        replace: "const found = program === null ? {} : null;",
      },
      {
        file: "shared/protocol/create.ts",
        find: "const found = await creation.find(ctx, run, intent);",
        replace: "const found = creation === null ? {} : null;",
      },
    ],
  },
  {
    name: "ignored-id-taken-for-kept",
    breaks: "An image is taken to have the id that was asked for, whatever the answer says",
    withinSeeds: 60,
    rules: LEFT,
    edits: [
      {
        file: CREATIONS,
        find: "return (await asked).imageId;",
        replace: "const created = (await asked).imageId;\n    return imageId ?? created;",
      },
    ],
  },
];
