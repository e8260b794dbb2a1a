import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { attemptsOf } from "../../shared/clean-up/attempts.ts";
import { planCleanUp } from "../../shared/clean-up/plan.ts";
import { seeWorld } from "../../shared/clean-up/world.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { contextFor } from "../../shared/protocol/session.ts";
import { configOf } from "../contract/simulated-target.ts";
import { MemoryStore } from "../memory/store.ts";
import { NOW, timing } from "../unit/builders.ts";
import type { RandomCloud } from "./random-cloud.ts";

const LOG = { info: () => {}, warn: () => {}, error: () => {} };

/** The product's plan, by its adapters: `image ID` → `delete`, `keep` or `report`. */
export async function planned({
  cloud,
  projectId,
  records,
  runs,
}: RandomCloud): Promise<Map<string, string>> {
  const now = () => NOW;
  const configs = new Map([["mycloud", configOf(cloud, cloud.demo)]]);
  const deps = {
    store: new MemoryStore(),
    queue: { send: async () => {} },
    clouds: openClouds(configs, { http: () => asHttp(cloud), now, timing }),
    ids: { random: () => 0.5, uuid: () => "", short: () => "aaaaaa" },
    log: LOG,
    timing,
    now,
  };
  const here = { cloud: "mycloud", region: null };
  const installationId = "home01home02";
  const ctx = contextFor(deps, { recipeName: "", installationId, ...here });
  const world = await seeWorld(ctx, {
    here,
    installationId,
    projectId,
    records,
    recipes: records.map(({ recipeName }) => recipeName),
    attempts: runs.flatMap((run) => attemptsOf(run)),
    savedDisks: [],
    withOthers: true,
  });
  return new Map(planCleanUp(world, NOW).map(({ kind, id, fate }) => [`${kind} ${id}`, fate]));
}
