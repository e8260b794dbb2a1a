import type { PlantedBug } from "../bug.ts";

const POINTER = "shared/image/pointer.ts";

/** A person goes back to an earlier image, or revokes one. */
export const ROLLBACKS: PlantedBug[] = [
  {
    name: "late-run-overrides-rollback",
    breaks: "A run that was at work when a person went back promotes its image all the same",
    withinSeeds: 1200,
    rules: ["a run that a person has overruled promotes nothing"],
    edits: [
      {
        file: POINTER,
        find: "{ ...moved, current: to, projectAtMs: nowMs, barredRun }",
        replace: "{ ...moved, current: to, projectAtMs: nowMs, barredRun: barredRun && null }",
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
        find: "{ ...moved, current: to, projectAtMs: nowMs, barredRun }",
        replace: "{ ...moved, current: to, barredRun }",
      },
    ],
  },
];
