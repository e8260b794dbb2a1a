import { setImmediate as turn } from "node:timers/promises";
import { Host } from "../local/host.ts";
import { randomIds } from "../local/ids.ts";
import { giveHeapRoom, keepHeapSmall } from "../local/keep-heap-small.ts";
import { LOCAL_TIMING, openInstallation, type Installation } from "../local/installation.ts";
import { SimulatedCloud } from "../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../local/simulated-cloud/clouds-yaml.ts";
import { asHttp } from "../local/simulated-cloud/in-process.ts";
import { openClouds } from "../shared/openstack/cloud.ts";
import { readClouds } from "../shared/openstack/clouds-yaml.ts";
import type { Http, HttpRequest } from "../shared/ports.ts";
import { start } from "../shared/protocol/start.ts";
import { loadRecipes } from "../shared/recipe/load.ts";
import { runSchema, type Run } from "../shared/run/record.ts";

/** A host that works on as many recipes, each with a server of its own, as one likes. */
export interface Fleet extends AsyncDisposable {
  cloud: SimulatedCloud;
  installation: Installation;
  /** Requests to Glance so far. */
  glanceCalls(): number;
  /** A run of every recipe. */
  startAll(): Promise<void>;
  /** Every run's upload is under way, and only looks at them are left to do. */
  allInFlight(): boolean;
  /** The cloud's clock jumps: every upload has ended. */
  endUploads(): void;
  runs(): Promise<Run[]>;
}

/** Nobody waits so long: see `endUploads`. */
const UPLOAD_SECONDS = 3600;

export async function openFleet(is: { dataFile: string; size: number }): Promise<Fleet> {
  await using undo = new AsyncDisposableStack();
  let aheadMs = 0;
  const cloud = new SimulatedCloud({
    now: () => Date.now() + aheadMs,
    random: () => randomIds.random(),
    settings: { uploadSeconds: () => UPLOAD_SECONDS },
  });
  const names = Array.from({ length: is.size }, (_, index) => `golden-${index}`);
  const image = cloud.operator.addImage({ name: "base" });
  for (const name of names) cloud.operator.addServer({ name, image });
  const counted = counting(asHttp(cloud));
  const installation = await openInstallation({
    dataFile: is.dataFile,
    clouds: signIn(cloud, counted.http),
    recipes: recipesFor(names),
    log: { info: () => {}, warn: console.warn, error: console.error },
  });
  undo.defer(() => installation.close());
  keepHeapSmall();
  giveHeapRoom();
  const host = await Host.start(installation);
  undo.defer(() => host.stop());
  const dispose = undo.move();
  const { backend, store, queue } = installation;
  return {
    cloud,
    installation,
    glanceCalls: counted.glanceCalls,
    startAll: async () => {
      for (const recipe of backend.recipes.values()) {
        const trigger = { kind: "command", by: "bench", id: randomIds.short() } as const;
        await start(backend, backend.installationId, recipe, trigger);
      }
    },
    allInFlight: () => queue.length("check-status") === is.size,
    endUploads: () => {
      aheadMs = UPLOAD_SECONDS * 1000;
    },
    runs: async () => {
      const pages = await Promise.all(names.map((name) => store.range(`R#${name}`, "run#", 1)));
      return pages.flatMap(({ items }) =>
        items.map((item) => runSchema.parse(JSON.parse(item.doc))),
      );
    },
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}

function recipesFor(names: string[]) {
  const text = names.map((name) => `  ${name}: { server: ${name} }\n`).join("");
  const loaded = loadRecipes(`defaults: { cloud: sim }\nrecipes:\n${text}`, "fleet");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  return loaded.recipes;
}

function signIn(cloud: SimulatedCloud, http: Http) {
  const file = { path: "clouds.yaml", text: cloudsYaml(cloud, "sim") };
  const { clouds } = readClouds({ clouds: file, secure: null }, {});
  return openClouds(clouds, { http: () => http, now: () => Date.now(), timing: LOCAL_TIMING });
}

/** Each answer takes a turn of the event loop, as one from a socket does. */
function counting(http: Http): { http: Http; glanceCalls: () => number } {
  let glanceCalls = 0;
  const send = async (request: HttpRequest) => {
    if (new URL(request.url).pathname.startsWith("/image/")) glanceCalls++;
    await turn();
    return http.send(request);
  };
  return { http: { send }, glanceCalls: () => glanceCalls };
}
