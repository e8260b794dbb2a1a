import type { PlantedBug } from "../bug.ts";

/** A person's clean-up, by a plan. */
export const CLEAN_UP_BUGS: PlantedBug[] = [
  {
    name: "plan-of-another-world",
    breaks:
      "A plan is carried out though the clouds and records have changed since a person read it",
    only: "clean-ups",
    rate: 0.5,
    withinSeeds: 400,
    rules: ["a clean-up deletes what its plan says, and nothing else"],
    edits: [
      {
        file: "shared/commands/clean-up/read-again.ts",
        find: "if (changed.length === 0)",
        replace: "if (changed.length <= 99)",
      },
    ],
  },
  {
    name: "plan-marks-what-it-keeps",
    breaks: "Beside what the plan deletes, every other retired image is marked for deletion",
    only: "clean-ups",
    rate: 0.5,
    withinSeeds: 40,
    rules: ["a clean-up deletes what its plan says, and nothing else"],
    edits: [
      {
        file: "shared/commands/clean-up/carry-out.ts",
        find: "return goers.reduce<RecipeState>(",
        replace:
          'for (const { id, state } of recipeState.images) if (state === "retired") goers.push([id, { fate: "delete", why: "" }]);\n  return goers.reduce<RecipeState>(',
      },
    ],
  },
];
