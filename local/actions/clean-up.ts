import type { Asker } from "../../shared/access/may.ts";
import { need } from "../access/gate.ts";
import { Refused } from "../http-answer.ts";
import type { CleanUpDocument } from "../view/clean-up.ts";
import { NotFound } from "../view/find-run.ts";

/** A clean-up by HTTP. Only a host that reads clouds.yaml has one. */
export interface CleanUpActions {
  /** Reads the clouds, and keeps the plan for a day if it deletes anything. @param recipe null: all. */
  plan(recipe: string | null): Promise<CleanUpDocument>;
  /** A stored plan as it was made, without what Regild did not make. Undefined: there is no such plan. */
  stored(planId: string): Promise<CleanUpDocument | undefined>;
  /** Does what the plan says, or nothing if the clouds or the records have changed. */
  apply(planId: string): Promise<CleanUpDocument>;
}

/** @throws Refused: not here, or not by them. */
export function planCleanUp(
  actions: CleanUpActions | undefined,
  asker: Asker,
  recipe: string | null,
): Promise<CleanUpDocument> {
  need(asker, "clean up", recipe);
  return here(actions).plan(recipe);
}

/** @throws NotFound, Refused */
export async function storedCleanUp(
  actions: CleanUpActions | undefined,
  asker: Asker,
  planId: string,
): Promise<CleanUpDocument> {
  const plan = await here(actions).stored(planId);
  if (plan === undefined) {
    const remedy =
      "Plans are kept for a day. Make a new one: POST /v1/clean-up, or the page /clean-up";
    throw new NotFound(`There is no plan ${planId}`, remedy);
  }
  need(asker, "clean up", plan.recipe);
  return plan;
}

/** @throws NotFound, Refused */
export async function applyCleanUp(
  actions: CleanUpActions | undefined,
  asker: Asker,
  planId: string,
): Promise<CleanUpDocument> {
  await storedCleanUp(actions, asker, planId);
  return here(actions).apply(planId);
}

function here(actions: CleanUpActions | undefined): CleanUpActions {
  if (actions !== undefined) return actions;
  const remedy = "Run regild clean-up on a machine with clouds.yaml";
  throw new Refused(
    409,
    "not-possible",
    "Refused: this host reads no clouds for a clean-up",
    remedy,
  );
}
