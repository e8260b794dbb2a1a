import type { Image } from "../cloud-ports.ts";
import type { ReconcileRequest } from "../ports.ts";
import { recipeStateSchema } from "../image/recipe-state.ts";
import { runSchema } from "../run/record.ts";
import { sourceSchema } from "../source/item.ts";
import { read } from "./actor.ts";
import { reconcileRecipe } from "./reconcile-recipe.ts";
import { reconcileRun } from "./reconcile-run.ts";
import { reconcileSource } from "./reconcile-source.ts";
import type { Deps, Program } from "./step.ts";

/** The store does not have the requested version yet, because a read was stale. The message must come again. */
export class NotThereYet extends Error {}

/**
 * Processes one reconcile request. A request older than its record is dropped: sending it on would start a second chain
 * of messages for good. A newer one is thrown, so that it is received again. An equal one reconciles the record.
 */
export async function reconcile(
  deps: Deps,
  program: Program,
  request: ReconcileRequest,
  listed: ReadonlyMap<string, Image> = new Map(),
): Promise<void> {
  const item = await deps.store.get(request.key);
  if (item === null || item.version < request.version) {
    throw new NotThereYet(
      `${request.key.pk} ${request.key.sk} has no version ${request.version} yet`,
    );
  }
  if (item.version > request.version) return;
  if (item.key.sk === "head") return reconcileRecipe(deps, read(item, recipeStateSchema));
  if (item.key.sk === "lock") return reconcileSource(deps, read(item, sourceSchema));
  return reconcileRun(deps, program, read(item, runSchema), listed);
}
