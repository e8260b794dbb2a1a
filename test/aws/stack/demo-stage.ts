import { inject } from "vitest";
import { demoCloudsYaml, openDemoCloud } from "../../../local/demo/demo-cloud.ts";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import type { Stage } from "../../../local/demo/refresh-all.ts";
import { homeOf } from "../../../shared/protocol/home.ts";
import { randomIds } from "../../../local/ids.ts";
import { openSeam } from "../access.ts";
import { readPackage } from "../template/compiled.ts";
import { bringUp } from "./bring-up.ts";
import { cloudsParameter } from "./clouds-parameter.ts";
import { operatorOf } from "./operator.ts";
import type { Stack } from "./stack.ts";

/** The demo's cloud and recipes, with the compiled template to work on them. */
export async function openDemoStack(): Promise<Stage & { stack: Stack } & AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const { template, files } = readPackage(inject("packageFolder"));
  const parameter = cloudsParameter(template);
  const { stack } = undo.use(
    await bringUp({ template, files }, { [parameter]: () => demoCloudsYaml(cloud) }),
  );
  const { cloud, close } = await openDemoCloud();
  undo.defer(close);
  const seam = openSeam();
  undo.defer(() => seam.close());
  const { store, queue } = operatorOf(stack, seam);
  const home = await homeOf({ store, ids: randomIds });
  const dispose = undo.move();
  return {
    stack,
    cloud,
    backend: { store, queue, home, ids: randomIds, now: () => seam.now(), recipes: demoRecipes() },
    pause: () => stack.turn(),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}
