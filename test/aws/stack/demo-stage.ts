import { inject } from "vitest";
import { demoCloudsYaml, openDemoCloud } from "../../../local/demo/demo-cloud.ts";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import type { Stage } from "../../../local/demo/refresh-all.ts";
import { installationIdOf } from "../../../shared/protocol/installation-id.ts";
import { randomIds } from "../../../local/ids.ts";
import { openSeam } from "../access.ts";
import { type Package, readPackage } from "../template/compiled.ts";
import { bringUp } from "./bring-up.ts";
import { parametersOf } from "./parameters.ts";
import { operatorOf } from "./operator.ts";
import type { Stack } from "./stack.ts";

const RECIPES = "dist/recipes.json";

export interface DemoStackOptions {
  /** Of functions that have recipes in their package. */
  packagedRecipes?: readonly object[];
  /** What is kept of senders; undefined: nothing. */
  senders?: () => string | undefined;
  /** What signs the cookies of the page; left out: nothing. */
  sessionKey?: string;
  /** The OpenID provider where people sign in; undefined: none. */
  oidc?: () => string | undefined;
  /** What signs statements of images; undefined: nothing. */
  signingKey?: () => string | undefined;
  /** Left out: now. */
  startAtMs?: number;
}

/** The demo's cloud and recipes, with the compiled template to work on them. */
export async function openDemoStack({
  packagedRecipes,
  senders = () => undefined,
  sessionKey,
  oidc = () => undefined,
  signingKey = () => undefined,
  startAtMs,
}: DemoStackOptions = {}): Promise<Stage & { stack: Stack } & AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const { template, files: packaged } = readPackage(inject("packageFolder"));
  const names = parametersOf(template);
  const parameters = {
    [names.clouds]: () => demoCloudsYaml(cloud),
    [names.senders]: senders,
    [names.sessionKey]: () => sessionKey,
    [names.oidc]: oidc,
    [names.signingKey]: signingKey,
  };
  const recipes = packagedRecipes && Buffer.from(JSON.stringify(packagedRecipes));
  const files: Package["files"] = (name) => {
    const found = packaged(name);
    if (recipes !== undefined && found.has(RECIPES)) found.set(RECIPES, recipes);
    return found;
  };
  const { stack } = undo.use(await bringUp({ template, files }, parameters, startAtMs));
  const { cloud, close } = await openDemoCloud();
  undo.defer(close);
  const seam = openSeam();
  undo.defer(() => seam.close());
  const { store, queue } = operatorOf(stack, seam);
  const installationId = await installationIdOf({ store, ids: randomIds });
  const dispose = undo.move();
  return {
    stack,
    cloud,
    backend: {
      store,
      queue,
      installationId,
      ids: randomIds,
      now: () => seam.now(),
      recipes: demoRecipes(),
    },
    pause: () => stack.turn(),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}
