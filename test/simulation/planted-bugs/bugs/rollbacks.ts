import type { PlantedBug } from "../bug.ts";

const POINTER = "shared/image/pointer.ts";

/** A person goes back to an earlier image, or revokes one. */
export const ROLLBACKS: PlantedBug[] = [
  {
    name: "late-run-overrides-rollback",
    breaks: "A run that was at work when a person went back promotes its image all the same",
    withinSeeds: 300,
    rules: ["a run that a person has overruled promotes nothing"],
    edits: [
      {
        file: POINTER,
        find: "return { ...moved, current: to, projectAtMs: nowMs, barredRun };",
        replace:
          "return { ...moved, current: to, projectAtMs: nowMs, barredRun: barredRun && null };",
      },
    ],
  },
  {
    name: "promoted-over-a-request",
    breaks: "A run promotes while a person's request to go back is not carried out",
    withinSeeds: 600,
    rules: ["no run promotes while a person's request is not carried out"],
    edits: [
      {
        file: "shared/image/inventory.ts",
        find: "return pointerRequests.length > 0 || barredRun === runId;",
        replace: "return barredRun === runId;",
      },
      {
        file: "shared/steps/promote-image.ts",
        find: "if (recipeState.pointerRequests.length > 0)",
        replace: "if (recipeState.pointerRequests.length > 1e6)",
      },
    ],
  },
  {
    name: "rollback-leaves-the-tags",
    breaks: "A rollback moves the pointer, and the clouds are not shown it",
    withinSeeds: 60,
    rules: ["the cloud shows what the pointer names"],
    edits: [
      {
        file: POINTER,
        find: "return { ...moved, current: to, projectAtMs: nowMs, barredRun };",
        replace: "return { ...moved, current: to, barredRun };",
      },
    ],
  },
  {
    name: "rolled-back-to-a-deleted-image",
    breaks: "Nobody looks whether the cloud still has the image that a person goes back to",
    withinSeeds: 900,
    rules: ["what becomes current is usable"],
    edits: [
      {
        file: "shared/protocol/carry-out.ts",
        find: 'if (image === null) return bad("the cloud does not have it");',
        replace: 'if (image === null) return { kind: "good" };',
      },
      {
        file: "shared/protocol/carry-out.ts",
        find: 'if (snapshot?.status !== "available")',
        replace: 'if (snapshot?.status === "nowhere")',
      },
    ],
  },
  {
    name: "revoked-image-chosen",
    breaks: "A rollback takes an image that was withdrawn for good",
    withinSeeds: 900,
    rules: ["no revoked image becomes current"],
    edits: [
      { file: POINTER, find: "        image.revoked === null &&\n", replace: "" },
      {
        file: POINTER,
        find: '  if (by !== null) return `image ${id} is revoked`;\n  if (state !== "retired")',
        replace: '  if (state !== "retired")',
      },
    ],
  },
  {
    name: "request-of-another-time",
    breaks: "A request is carried out although another image is current by now",
    withinSeeds: 900,
    rules: ["only a person goes back"],
    edits: [
      {
        file: POINTER,
        find: "if (recipeState.current !== from)",
        replace: 'if (recipeState.current === "")',
      },
    ],
  },
];
