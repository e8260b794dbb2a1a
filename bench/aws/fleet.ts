import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { randomIds } from "../../local/ids.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { installationIdOf } from "../../shared/protocol/installation-id.ts";
import { start } from "../../shared/protocol/start.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openSeam } from "../../test/aws/access.ts";
import { bringUp } from "../../test/aws/stack/bring-up.ts";
import { parametersOf } from "../../test/aws/stack/parameters.ts";
import { operatorOf } from "../../test/aws/stack/operator.ts";
import type { Stack } from "../../test/aws/stack/stack.ts";
import { compileInto, type Package, readPackage } from "../../test/aws/template/compiled.ts";
import { inFlight } from "./in-flight.ts";

/** The compiled template with many recipes, each with a server of its own. */
export interface AwsFleet extends AsyncDisposable {
  stack: Stack;
  cloud: SimulatedCloud;
  /** A run of the first recipe. @returns its id. */
  startOne: () => Promise<string>;
  /** Of every other recipe a run that waits for its upload. */
  putInFlight: () => Promise<void>;
  runAt: (id: string) => Promise<Run>;
}

const CLOUD = "sim";
const BATCH_WRITE = 25;

export async function openAwsFleet(is: { size: number; uploadSeconds: number }): Promise<AwsFleet> {
  await using undo = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "regild-package-"));
  undo.defer(() => rmSync(folder, { recursive: true }));
  compileInto(folder);
  const recipes = recipesFor(is.size);
  const packaged = withRecipes(readPackage(folder), recipes);
  const parameter = parametersOf(packaged.template).clouds;
  const { stack } = undo.use(
    await bringUp(packaged, { [parameter]: () => cloudsYaml(cloud, CLOUD) }),
  );
  const cloud = new SimulatedCloud({
    now: () => Date.now(),
    random: () => randomIds.random(),
    zones: ["az1"],
    settings: { uploadSeconds: () => is.uploadSeconds },
  });
  const { close } = await serveCloud(cloud, { port: 0 });
  undo.defer(close);
  const seam = openSeam();
  undo.defer(() => seam.close());
  const { store, queue, table, tableClient } = operatorOf(stack, seam);
  const installationId = await installationIdOf({ store, ids: randomIds });
  const base = cloud.operator.addImage({ name: "base" });
  const servers = recipes.map(({ name }) => cloud.operator.addServer({ name, image: base }));
  const dispose = undo.move();
  return {
    stack,
    cloud,
    startOne: async () => {
      const [recipe] = recipes;
      if (recipe === undefined) throw new Error("there is no recipe");
      const trigger = { kind: "command", by: "bench", id: "one" } as const;
      return start(
        { store, queue, ids: randomIds, now: () => Date.now() },
        installationId,
        recipe,
        trigger,
      );
    },
    putInFlight: async () => {
      const fleet = recipes.slice(1).map((recipe, at) => {
        const image = cloud.operator.addImage({ name: `${recipe.name}-1`, status: "saving" });
        return inFlight({ at, recipe, server: servers[at + 1] ?? fail(), image, installationId });
      });
      const rows = fleet.flatMap((one) => one.rows);
      for (let at = 0; at < rows.length; at += BATCH_WRITE) {
        const some = rows.slice(at, at + BATCH_WRITE);
        const puts = some.map((Item) => ({ PutRequest: { Item } }));
        const input = { RequestItems: { [table]: puts } };
        await tableClient.call("BatchWriteItem", table, input, z.unknown());
      }
      const { sqs, queueNames } = stack.parts;
      const name = queueNames.find((one) => one.endsWith("-check-status")) ?? "";
      for (const { request, delaySeconds } of fleet) {
        sqs.sendMessage(name, JSON.stringify(request), { delaySeconds });
      }
    },
    runAt: async (id) => runSchema.parse(JSON.parse((await store.get(runKey(id)))?.doc ?? "")),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}

function fail(): never {
  throw new Error("a recipe has no server");
}

function recipesFor(size: number): Recipe[] {
  const names = Array.from({ length: size + 1 }, (_, at) => `golden-${at}`);
  const text = names.map((name) => `  ${name}: { server: ${name} }\n`).join("");
  const defaults = `{ cloud: ${CLOUD}, deadline: 24h, schedule: [{ cron: "30 2 * * *" }] }`;
  const loaded = loadRecipes(`defaults: ${defaults}\nrecipes:\n${text}`, "fleet");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  return [...loaded.recipes.values()];
}

/** The packages as they are built with these recipes. */
function withRecipes({ template, files }: Package, recipes: Recipe[]): Package {
  const json = Buffer.from(JSON.stringify(recipes));
  const built = (file: string, content: Buffer) => (file.endsWith("recipes.json") ? json : content);
  return {
    template,
    files: (name) => new Map(Array.from(files(name), ([file, is]) => [file, built(file, is)])),
  };
}
