import * as z from "zod/mini";
import type { Row } from "../../clean-up/things.ts";
import type { Key } from "../../ports.ts";
import { commit, load, unborn } from "../../protocol/actor.ts";
import type { Deps } from "../../protocol/step.ts";
import { type CleanUpPlan, decided } from "./make-plan.ts";

const KEPT_MS = 24 * 3_600_000;

const row = z.strictObject({
  kind: z.enum(["image", "snapshot", "volume", "server", "backup"]),
  id: z.string(),
  name: z.string(),
  gib: z.nullable(z.number()),
  place: z.strictObject({ cloud: z.string(), region: z.nullable(z.string()) }),
  services: z.array(z.string()),
  recipe: z.nullable(z.string()),
  fate: z.enum(["keep", "delete", "report"]),
  why: z.string(),
  usedBy: z.array(z.string()),
  run: z.nullable(z.string()),
});

const planSchema = z.strictObject({
  schema: z.literal(1),
  recipe: z.nullable(z.string()),
  /** Recipes whose rows are stored, each in an item of its own: no item may grow without bounds. */
  recipes: z.array(z.string()),
  untilMs: z.int(),
});
const rowsSchema = z.strictObject({ schema: z.literal(1), rows: z.array(row) });

type Stores = Pick<Deps, "store" | "ids" | "now">;

/** Keeps the plan for a day. The plan itself is written last, so a plan that is found is whole. */
export async function storePlan(deps: Stores, plan: CleanUpPlan): Promise<void> {
  const untilMs = deps.now() + KEPT_MS;
  const byRecipe = Map.groupBy(decided(plan.rows), (one) => one.recipe ?? "");
  for (const [recipe, rows] of byRecipe)
    await write(deps, rowsKey(plan.id, recipe), rowsSchema, { schema: 1, rows }, untilMs);
  const stored = {
    schema: 1 as const,
    recipe: plan.recipe,
    recipes: [...byRecipe.keys()],
    untilMs,
  };
  await write(deps, planKey(plan.id), planSchema, stored, untilMs);
}

/** Null: there is no such plan, or its day is over. */
export async function storedPlan(
  { store, now }: Stores,
  id: string,
): Promise<{ recipe: string | null; rows: Row[] } | null> {
  const stored = (await load(store, planKey(id), planSchema))?.doc ?? null;
  if (stored === null || stored.untilMs <= now()) return null;
  const rows: Row[] = [];
  for (const recipe of stored.recipes)
    rows.push(...((await load(store, rowsKey(id, recipe), rowsSchema))?.doc.rows ?? []));
  return { recipe: stored.recipe, rows };
}

function planKey(id: string): Key {
  return { pk: `P#${id}`, sk: "plan" };
}

function rowsKey(id: string, recipe: string): Key {
  return { pk: `P#${id}`, sk: `rows#${recipe}` };
}

/** The same plan may have been stored before: then it is kept for longer. */
async function write<Doc>(
  deps: Stores,
  key: Key,
  schema: z.ZodMiniType<Doc>,
  doc: Doc,
  untilMs: number,
): Promise<void> {
  const there = (await load(deps.store, key, schema)) ?? unborn(key, doc);
  await commit(deps, there, doc, { sweepAtMs: null, expiresAtMs: untilMs });
}
