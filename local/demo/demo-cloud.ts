import type { Clouds } from "../../shared/ports.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import { randomIds } from "../ids.ts";
import { LOCAL_TIMING } from "../installation.ts";
import { SimulatedCloud } from "../simulated-cloud/cloud.ts";
import { cloudsYaml } from "../simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../simulated-cloud/serve.ts";
import { openTransport } from "../transport.ts";

export interface DemoCloud {
  simulated: SimulatedCloud;
  clouds: Clouds;
  close(): Promise<void>;
}

/** Two servers, one of them volume-backed, and a volume, behind a port on loopback. */
export async function openDemoCloud(): Promise<DemoCloud> {
  const simulated = new SimulatedCloud({
    now: () => Date.now(),
    random: () => randomIds.random(),
    zones: ["az1"],
    // Long enough for the bar to be seen, short enough for somebody who is watching.
    settings: { stopSeconds: 0, startSeconds: 0.5, captureSeconds: 0.3, uploadSeconds: () => 3.5 },
  });
  const image = simulated.operator.addImage({ name: "debian-12" });
  simulated.operator.addServer({ name: "web-golden", image });
  const root = simulated.operator.addVolume({ name: "db-root", image });
  simulated.operator.addServer({ name: "db-golden", volumes: [root] });
  simulated.operator.addVolume({ name: "data-golden" });
  const { close } = await serveCloud(simulated, { port: 0 });
  return { simulated, clouds: signIn(simulated), close };
}

function signIn(simulated: SimulatedCloud): Clouds {
  const file = { path: "clouds.yaml", text: cloudsYaml(simulated, "demo") };
  const { clouds } = readClouds({ clouds: file, secure: null }, {});
  return openClouds(clouds, {
    http: () =>
      openTransport({
        tls: { ca: null, cert: null, key: null, verify: true },
        proxies: { always: null, http: null, https: null, noProxy: null },
      }),
    now: () => Date.now(),
    timing: LOCAL_TIMING,
  });
}
