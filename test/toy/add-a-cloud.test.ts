import { expect, it } from "vitest";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, recipe } from "../unit/builders.ts";
import { quietDeps } from "../unit/quiet-deps.ts";
import { ToyCloud } from "./toy-cloud.ts";

const MOST_MESSAGES = 200;

/** Regild on a cloud that it was not written for. */
function installation() {
  const cloud = new ToyCloud(NOW);
  const random = seededRandom(1);
  const deps: Deps = {
    store: new MemoryStore(),
    clouds: cloud.clouds,
    ...quietDeps(random),
    now: () => cloud.nowMs,
  };
  return { cloud, deps };
}

async function refreshed(
  { cloud, deps }: ReturnType<typeof installation>,
  n: number,
): Promise<Run> {
  const of = recipe({ cloud: "toy", region: null, keep: 1, coolingOffMs: 0 });
  const trigger = { kind: "command" as const, by: "anna", id: `anna ${n}` };
  const id = await start(deps, "home01home02", of, trigger);
  for (let message = 0; message < MOST_MESSAGES; message++) {
    const actor = await load(deps.store, runKey(id), runSchema);
    if (actor === null) throw new Error(`there is no run ${id}`);
    if (actor.doc.outcome !== null) return actor.doc;
    cloud.nowMs = Math.max(cloud.nowMs, actor.doc.reconcileAtMs) + 1;
    await reconcile(deps, refresh, { key: runKey(id), version: actor.version }, new Map());
  }
  throw new Error(`${id} does not end`);
}

it("a cloud of another kind needs its ports filled, and nothing else", async () => {
  const on = installation();
  const first = await refreshed(on, 1);
  expect(first).toMatchObject({ outcome: "succeeded", failure: null, leftovers: [] });
  const second = await refreshed(on, 2);
  expect(second).toMatchObject({ outcome: "succeeded", failure: null, leftovers: [] });

  const state = await load(on.deps.store, recipeStateKey("web"), recipeStateSchema);
  expect(state?.doc.current).toBe(second.candidate?.id);
  expect([...on.cloud.images.values()].map(({ id, tags }) => [id, tags])).toEqual([
    [second.candidate?.id, ["regild-current-web"]],
  ]);
});
