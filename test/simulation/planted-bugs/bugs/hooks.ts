import type { PlantedBug } from "../bug.ts";

/** Hooks that are asked before a source is stopped. */
export const HOOK_BUGS: PlantedBug[] = [
  {
    name: "promise-taken-for-answer",
    breaks: "A hook that takes the request and calls back later counts as ready at once",
    withinSeeds: 15,
    only: "hooks",
    rules: [
      "no source is stopped before its hook says that it is ready",
      "no image is made before its hook says that the source is ready",
    ],
    edits: [
      {
        file: "shared/hook/answer.ts",
        find: 'if (status === 202) return { kind: "later" };',
        replace: 'if (status === 202) return { kind: "answered", isReady: true, text: null };',
      },
    ],
  },
  {
    name: "question-taken-for-answer",
    breaks: "A run goes on as soon as its hook is asked",
    withinSeeds: 15,
    only: "hooks",
    rules: [
      "no source is stopped before its hook says that it is ready",
      "no image is made before its hook says that the source is ready",
    ],
    edits: [
      {
        file: "shared/run/hook.ts",
        find: "return recipe.prepare.hook !== null && hook?.answer?.isReady !== true;",
        replace: "return recipe.prepare.hook !== null && hook === null;",
      },
    ],
  },
];
