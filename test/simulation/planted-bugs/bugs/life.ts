import type { PlantedBug } from "../bug.ts";

/** What people decide about images and recipes is not kept. */
export const LIFE: PlantedBug[] = [
  {
    name: "clean-up-forgets-the-pause",
    breaks:
      "A clean-up marks retired images for deletion, and deletes them, while their recipe is paused",
    withinSeeds: 900,
    rules: ["a paused recipe deletes nothing old"],
    edits: [
      {
        file: "shared/image/pause.ts",
        find: 'return pause?.scope === "everything" ? pause : null;',
        replace: "return pause && null;",
      },
      {
        file: "shared/image/pause.ts",
        find: 'return pause?.scope === "everything" ? endOf(pause) : 0;',
        replace: "return pause === null ? 0 : 0;",
      },
    ],
  },
  {
    name: "missed-starts-are-made-up-for",
    breaks: "The schedule heeds no pause: a paused recipe is started all the same",
    withinSeeds: 900,
    rules: ["no schedule starts a paused recipe"],
    edits: [
      {
        file: "shared/protocol/on-schedule.ts",
        find: "(isInPause(recipeState, dueAtMs) || pauseAt(recipeState, now) !== null)",
        replace:
          "isInPause(recipeState, dueAtMs) && pauseAt(recipeState, now) === null && dueAtMs < 0",
      },
    ],
  },
  {
    name: "promoted-unasked",
    breaks: "A run asks for approval, and promotes its image without waiting for the answer",
    withinSeeds: 100,
    rules: ["nothing is promoted without its approval"],
    edits: [
      {
        file: "shared/run/approval.ts",
        find: 'return recipe.promote === "approve" && approval?.decision?.kind !== "approved";',
        replace: 'return recipe.promote === "approve" && approval === null;',
      },
    ],
  },
  {
    name: "second-answer-counts",
    breaks: "The answer of a second person replaces the one of the first",
    withinSeeds: 300,
    rules: ["an answer stands", "a rejected candidate is removed"],
    edits: [
      {
        file: "shared/commands/approve.ts",
        find: "if (decision !== null) return `Run ${id} was ${decision.kind} by ${decision.by} already`;",
        replace: "",
      },
      {
        file: "shared/commands/approve.ts",
        find: "return isWaitingForApproval(run) && nowMs < approval.untilMs",
        replace: "return isWaitingForApproval !== null && nowMs < approval.untilMs",
      },
    ],
  },
  {
    name: "candidate-not-marked",
    breaks: "An image that waits for its approval looks like any other in the cloud",
    withinSeeds: 100,
    rules: ["a candidate that waits is marked in the cloud"],
    edits: [
      {
        file: "shared/steps/promote-image.ts",
        find: "const isMarked = images.image.tags.includes(CANDIDATE_TAG);",
        replace: "const isMarked = images.image.tags !== null || CANDIDATE_TAG === null;",
      },
    ],
  },
  {
    name: "polls-for-the-answer",
    breaks: "A run that waits for a person is sent on again and again",
    withinSeeds: 100,
    rules: ["a run that waits for a person has no message under way"],
    edits: [
      {
        file: "shared/protocol/reconcile-run.ts",
        find: "await session.rest(result.untilMs);",
        replace: "await session.saveAndSend({}, now + 60_000);",
      },
    ],
  },
  {
    name: "pin-forgotten-by-clean-up",
    breaks: "A pinned image is marked for deletion like every other, and deleted",
    withinSeeds: 500,
    rules: ["a pinned image is never deleted"],
    edits: [
      {
        file: "shared/image/retention.ts",
        find: 'i.state === "retired" && i.pinned === null && isOfSource(recipeState, i)',
        replace: 'i.state === "retired" && isOfSource(recipeState, i)',
      },
      {
        file: "shared/image/inventory.ts",
        find: "if (imageOf(recipeState, imageId)?.pinned != null) return null;",
        replace: "",
      },
    ],
  },
  {
    name: "adopts-what-is-protected",
    breaks: "An image that somebody protects is taken into a recipe's line",
    withinSeeds: 250,
    rules: ["nothing protected is adopted"],
    edits: [
      {
        file: "shared/image/adoption.ts",
        find: "if (image.protected)",
        replace: 'if (image.protected && image.status !== "active")',
      },
    ],
  },
  {
    name: "second-statement-counts",
    breaks:
      "An image names the statement of the worker that promoted it, and the store has an earlier one",
    withinSeeds: 60,
    rules: ["what becomes current has its statement in the store"],
    edits: [
      {
        file: "shared/protocol/session.ts",
        find: "return first.doc;",
        replace: "return first === null ? first : doc;",
      },
    ],
  },
  {
    name: "pin-not-shown",
    breaks: "A pin is written down, and the cloud never shows it",
    withinSeeds: 600,
    rules: ["the cloud shows which images are pinned"],
    edits: [
      {
        file: "shared/image/pin.ts",
        find: "projectAtMs: nowMs,",
        replace: "projectAtMs: recipeState.projectAtMs ?? (nowMs < 0 ? nowMs : null),",
      },
    ],
  },
];
