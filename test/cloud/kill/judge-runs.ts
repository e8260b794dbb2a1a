import type { Run } from "../../../shared/run/record.ts";
import type { Evidence } from "./evidence.ts";
import { pending } from "./records.ts";

/** A host that is killed three times right around one create ends that run, and undoes it: it cannot know better. */
const EXCUSED = "create-unanswered";

/** What is wrong with the runs, in full. */
export function judgeRuns({ records, delivered, recipes }: Evidence): string[] {
  const { runs } = records;
  return [
    ...pending(records).map((what) => `pending: ${what}`),
    ...runs.flatMap((run) => judgeRun(run, records.recipeStates)),
    ...delivered
      .filter(({ runIds }) => new Set(runIds).size !== 1)
      .map(({ recipe, runIds }) => `${recipe}: one trigger, runs ${runIds.join(" and ")}`),
    ...[...recipes.keys()].flatMap((recipe) => {
      const triggers = delivered.filter((one) => one.recipe === recipe).length;
      const started = runs.filter((run) => run.recipeName === recipe).length;
      return triggers === started ? [] : [`${recipe}: ${triggers} triggers, ${started} runs`];
    }),
  ];
}

function judgeRun(run: Run, recipeStates: Evidence["records"]["recipeStates"]): string[] {
  const { id, outcome, failure, recipeName, candidate } = run;
  const recipeState = recipeStates.find((one) => one.recipeName === recipeName);
  const promoted = (recipeState?.images ?? []).filter(
    (image) => image.run === id && image.promotedAtMs,
  );
  const ids = promoted.map((image) => image.id).join(" and ") || "none";
  if (outcome === "succeeded")
    return promoted.length === 1 && ids === candidate?.id
      ? []
      : [`run ${id} succeeded with ${candidate?.id ?? "none"}; promoted: ${ids}`];
  const wrong = promoted.length === 0 ? [] : [`run ${id} ${outcome}, and yet promoted ${ids}`];
  if (outcome === "failed" && failure?.code !== EXCUSED)
    wrong.push(`run ${id} failed: ${failure?.code} in ${failure?.step}: ${failure?.message}`);
  return wrong;
}
