import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import type { Installation } from "./installation.ts";

const MAX_CHECKS = 100;

/** One run of this recipe, to its end. */
export async function ended(on: Installation, of: Recipe, triggerId = "anna 1"): Promise<Run> {
  on.recipes.set(of.name, of);
  const trigger = { kind: "command" as const, by: "anna", id: triggerId };
  const id = await start(on.backend, "home01home02", of, trigger);
  for (let observe = 0; observe < MAX_CHECKS; observe++) {
    const run = await on.run(id);
    if (run.outcome !== null) return run;
    on.nowMs = Math.max(on.nowMs, run.reconcileAtMs) + 1;
    const { key, version } = await on.item(runKey(id));
    await reconcile(on.backend, refresh, { key, version }, new Map());
  }
  throw new Error(`${id} does not end`);
}
