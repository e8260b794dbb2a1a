import type { PlantedBug } from "../bug.ts";

/** Runs that are reported to a build and at a commit. */
export const CALLBACK_BUGS: PlantedBug[] = [
  {
    name: "end-is-told-once",
    breaks: "The end of a run is sent once, whether or not it is taken",
    withinSeeds: 15,
    only: "callbacks",
    rules: ["the end of each run is told, or given up"],
    edits: [
      {
        file: "shared/callback/reconcile-callback.ts",
        find: "if (refusal !== null) return retry(on, actor, ended, refusal);",
        replace: "if (refusal !== null && ended === null) return retry(on, actor, ended, refusal);",
      },
    ],
  },
];
