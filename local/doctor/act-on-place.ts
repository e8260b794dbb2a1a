import { setTimeout as sleep } from "node:timers/promises";
import { configFor } from "../../shared/openstack/config.ts";
import { openSession } from "../../shared/openstack/cloud.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import { cloudDeps } from "../cli/clouds.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { randomIds } from "../ids.ts";
import { act } from "./act/act.ts";
import { DoctorCloud } from "./act/doctor-cloud.ts";
import { newMark, thisMaker } from "./act/mark.ts";
import type { ServerWish } from "./act/server-acts.ts";
import type { Place } from "./place.ts";

/** Acts in one cloud and region of clouds.yaml. */
export function actOnPlace(
  loaded: LoadedClouds,
  { cloud, region, recipes }: Place,
  is: {
    server: ServerWish | null;
    signal: AbortSignal;
    now: () => number;
    tell: (finding: Finding) => void;
  },
): Promise<Finding[]> {
  const config = loaded.clouds.get(cloud);
  if (config === undefined) return Promise.resolve([]);
  const { server, signal, now, tell } = is;
  const self = thisMaker();
  const options = {
    cloud: new DoctorCloud(openSession(configFor(config, region), cloudDeps(loaded, now)), region),
    mark: newMark(self, now(), randomIds.short()),
    signal,
    now,
    sleep: (ms: number) => sleep(ms),
    tell,
  };
  return act(options, { recipes, server, self });
}
