import { expect, it } from "vitest";
import { seededRandom, uuidFrom } from "../../local/simulated-cloud/random.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";
import { ToyCloud } from "./toy-cloud.ts";

const MOST_MESSAGES = 200;

/** Regild on a cloud that it was not written for. */
function installation() {
  const cloud = new ToyCloud(NOW);
  const random = seededRandom(1);
  const log = (): void => {};
  const deps: Deps = {
    store: new MemoryStore(),
    queue: { send: async () => {} },
    clouds: cloud.clouds,
    ids: {
      random,
      uuid: () => uuidFrom(random),
      short: () => random().toString(36).slice(2, 8).padEnd(6, "0"),
    },
    log: { info: log, warn: log, error: log },
    timing,
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
