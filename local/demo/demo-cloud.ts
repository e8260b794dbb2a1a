import type { Clouds } from "../../shared/cloud-ports.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import { randomIds } from "../ids.ts";
import { LOCAL_TIMING } from "../installation.ts";
import { SimulatedCloud } from "../simulated-cloud/cloud.ts";
import { cloudsYaml } from "../simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../simulated-cloud/serve.ts";
import { openTransport } from "../transport.ts";

export interface DemoCloud {
  cloud: SimulatedCloud;
  close: () => Promise<void>;
}

/** Its name in clouds.yaml. */
export const DEMO = "demo";

/** Two servers, one of them volume-backed, and a volume, behind a port on loopback. */
export async function openDemoCloud(
  at: { host?: string; port: number } = { port: 0 },
): Promise<DemoCloud> {
  const cloud = new SimulatedCloud({
    now: () => Date.now(),
    random: () => randomIds.random(),
    zones: ["az1"],
    // Long enough for the bar to be seen, short enough for somebody who is watching.
    settings: { stopSeconds: 0, startSeconds: 0.5, captureSeconds: 0.3, uploadSeconds: () => 3.5 },
  });
  const image = cloud.operator.addImage({ name: "debian-12" });
  cloud.operator.addServer({ name: "web-golden", image });
  const root = cloud.operator.addVolume({ name: "db-root", image });
  cloud.operator.addServer({ name: "db-golden", volumes: [root] });
  cloud.operator.addVolume({ name: "data-golden" });
  const { close } = await serveCloud(cloud, at);
  return { cloud, close };
}

/** The clouds.yaml that the demo's recipes are written for. */
export function demoCloudsYaml(cloud: SimulatedCloud): string {
  return cloudsYaml(cloud, DEMO);
}

export function signIn(cloud: SimulatedCloud): Clouds {
  const file = { path: "clouds.yaml", text: demoCloudsYaml(cloud) };
  const { clouds } = readClouds({ clouds: file, secure: null }, {});
  return openClouds(clouds, {
    http: () =>
      openTransport({
        tls: { ca: null, cert: null, key: null, verify: true },
        proxies: { always: null, http: null, https: null, all: null, noProxy: null },
      }),
    now: () => Date.now(),
    timing: LOCAL_TIMING,
    probe: async (target) => cloud.probe(target),
  });
}
