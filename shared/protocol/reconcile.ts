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

/** The message speaks of a version that this store has not: a read was stale, so let it come again. */
export class NotThereYet extends Error {}

/**
 * Takes one message. Older than the record: dropped, and never sent again, or every duplicate would found a second
 * chain for good. Newer: thrown, to be received again. Equal: the actor gets its check.
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
