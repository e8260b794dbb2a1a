import * as z from "zod/mini";
import type { Ids, Key, Store } from "../shared/ports.ts";
import { load, update } from "../shared/protocol/actor.ts";
import type { Recipe } from "../shared/recipe/recipe.ts";

const KEY: Key = { pk: "K#host", sk: "sources" };

/** A problem that the host saw in a cloud and that would fail a run of a recipe. */
const sourceProblemSchema = z.object({
  recipe: z.string(),
  /** The place and source of the check. The problem does not apply if the recipe has changed since. */
  about: z.string(),
  seenAtMs: z.int(),
  field: z.string(),
  message: z.string(),
  remedy: z.nullable(z.string()),
});
export type SourceProblem = z.infer<typeof sourceProblemSchema>;

const sourceProblemsSchema = z.object({
  schema: z.literal(1),
  problems: z.array(sourceProblemSchema),
});

export function aboutOf({ cloud, region, source, capture, image, prepare }: Recipe): string {
  return JSON.stringify([cloud, region, source, capture, image, prepare]);
}

/** @param looked recipes whose sources were read. The problems of other recipes stay as they were. */
export async function saveSourceProblems(
  on: { store: Store; ids: Ids },
  looked: ReadonlySet<string>,
  problems: readonly SourceProblem[],
): Promise<void> {
  await update(
    on,
    KEY,
    sourceProblemsSchema,
    { schema: 1, problems: [] },
    (doc) => ({
      ...doc,
      problems: [...doc.problems.filter(({ recipe }) => !looked.has(recipe)), ...problems],
    }),
    () => ({ sweepAtMs: null }),
  );
}

export async function sourceProblems(store: Store): Promise<readonly SourceProblem[]> {
  return (await load(store, KEY, sourceProblemsSchema))?.doc.problems ?? [];
}

/** The first problem of the recipe in its present form. Null: none was seen. */
export function problemOf(
  problems: readonly SourceProblem[],
  recipe: Recipe,
): SourceProblem | null {
  const ofRecipe = problems.filter((problem) => problem.recipe === recipe.name);
  if (ofRecipe.length === 0) return null;
  const about = aboutOf(recipe);
  return ofRecipe.find((problem) => problem.about === about) ?? null;
}
