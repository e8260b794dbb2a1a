import { expect, it } from "vitest";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import { MINUTE, recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

it("snapshots of a createImage that arrives when its run has ended are deleted, and the image keeps its own", async () => {
  const on = new Installation();
  Object.assign(on.cloud.settings, { uploadSeconds: () => 5 });
  const image = on.cloud.operator.addImage({ name: "debian-12" });
  const plain = on.cloud.operator.addServer({ name: "web", image });
  const root = on.cloud.operator.addVolume({ name: "root", image });
  const backed = on.cloud.operator.addServer({ name: "db", volumes: [root] });
  const of = (name: string, idOrName: string) =>
    recipe({ name, source: { kind: "server", idOrName }, coolingOffMs: 0 });

  // A server's image shows that this cloud keeps ids.
  await ended(on, of("web", plain.id), "anna 1");
  on.cloud.faults.add({
    on: { operation: "compute.createImage", nth: 1 },
    effect: { kind: "delayed", seconds: 300 },
  });
  const run = await ended(on, of("db", backed.id), "anna 2");
  expect(run).toMatchObject({ outcome: "succeeded" });
  const snapshots = () =>
    [...on.cloud.world.snapshots.values()].filter(({ name }) =>
      name.endsWith(run.candidate?.creationName ?? "?"),
    );
  const own = snapshots().map(({ id }) => id);
  expect(own).toHaveLength(1);

  on.nowMs += 10 * MINUTE;
  on.cloud.settle();
  expect(snapshots()).toHaveLength(2);
  for (let check = 0; check < 3; check++) {
    const actor = await load(on.store, recipeStateKey("db"), recipeStateSchema);
    if (actor !== null) await reconcileRecipe(on.backend, actor);
    on.nowMs += 10 * MINUTE;
  }
  expect(snapshots().map(({ id }) => id)).toEqual(own);
});
