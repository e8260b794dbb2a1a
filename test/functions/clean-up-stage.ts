import { cleanUpActions } from "../../local/clean-up-actions.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** Two recipes with an image each that is older than the one to keep. */
export async function cleanUpStage() {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "base" });
  on.cloud.operator.addServer({ name: "web-golden", image: base });
  const old: string[] = [];
  for (const name of ["db", "web"]) {
    const known = recipe({ name, coolingOffMs: 0 });
    on.recipes.set(name, known);
    for (const n of [1, 2]) {
      const trigger = { kind: "command", by: "anna", id: `${name} ${n}` } as const;
      const id = await start(on.backend, on.backend.installationId, known, trigger);
      for (let round = 0; round < 200 && (await on.run(id)).outcome === null; round++) {
        on.nowMs = Math.max(on.nowMs, (await on.run(id)).reconcileAtMs) + 1;
        const { key, version } = await on.item(runKey(id));
        await reconcile(on.backend, refresh, { key, version }, new Map());
      }
    }
    const state = await on.recipeState(name);
    if (state.rules === null) throw new Error("no rules");
    const { version } = await on.item(recipeStateKey(name));
    const rules = { ...state.rules, keep: 1 };
    on.put(recipeStateKey(name), { ...state, rules }, version + 1);
    old.push(state.images.find((image) => image.state === "retired")?.id ?? "");
  }
  /** Another process of the host knows no earlier request. */
  const host = () => cleanUpActions(on.backend, () => on.recipes);
  const { plan } = await host().plan(null);
  const stored = () => old.map((id) => on.cloud.world.firstZone.images.has(id));
  return { on, host, plan, old, stored };
}
