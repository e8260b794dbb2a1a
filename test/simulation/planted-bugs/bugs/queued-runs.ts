import type { PlantedBug } from "../bug.ts";

const CLAIM = "shared/protocol/claim-recipe.ts";

/** Starts that wait for a run of their recipe. */
export const QUEUED_RUNS: PlantedBug[] = [
  {
    name: "queue-emptied",
    breaks: "The run that takes the recipe takes all that wait out of the queue",
    withinSeeds: 60,
    rules: ["a queued start is never lost"],
    edits: [
      {
        file: CLAIM,
        find: "return { ...state, activeRun: run.id,",
        replace: "return { ...state, queuedRuns: [], activeRun: run.id,",
      },
    ],
  },
  {
    name: "queue-overtaken",
    breaks: "A new start takes the recipe before those that wait",
    withinSeeds: 60,
    rules: ["queued starts follow in their order"],
    edits: [
      {
        file: "shared/run/queued-runs.ts",
        find: "return place === -1 ? queuedRuns : queuedRuns.slice(0, place);",
        replace: "return place === -1 ? [] : queuedRuns.slice(0, 0);",
      },
      {
        file: CLAIM,
        find: "const isFree = state.activeRun === from && (next === undefined || next.id === run.id);",
        replace: "const isFree = state.activeRun === from && next !== null;",
      },
    ],
  },
  {
    name: "queue-skipped-after-all",
    breaks: "A run that waits asks again what the recipe makes of a start, and is skipped",
    withinSeeds: 60,
    rules: ["a queued start is never lost"],
    edits: [
      {
        file: CLAIM,
        find: "  if (isQueued) {",
        replace: "  if (isQueued && ahead.length > 1) {",
      },
      {
        file: CLAIM,
        find: 'if (ifRunning === "skip")',
        replace: 'if (ifRunning === "skip" || isQueued)',
      },
    ],
  },
];
