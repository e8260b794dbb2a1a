import { afterAll } from "vitest";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { openTransport } from "../../local/transport.ts";
import { describeCloud } from "./cloud.contract.ts";
import { configOf, simulatedTarget } from "./simulated-target.ts";

const target = simulatedTarget();
const cloud = target.simulated;
const { close } = await serveCloud(cloud, { port: 0 });
afterAll(close);

const [, other] = cloud.world.identity.callers;
describeCloud("the simulated cloud over HTTP", {
  ...target,
  config: configOf(cloud, cloud.demo),
  other: other === undefined ? null : configOf(cloud, other),
  http: openTransport({
    tls: { ca: null, cert: null, key: null, verify: true },
    proxies: { always: null, http: null, https: null, all: null, noProxy: null },
  }),
});
