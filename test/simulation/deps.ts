import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { Transfers } from "../../shared/image/transfers.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { GlanceContent } from "../../shared/openstack/image-content.ts";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { contentOf } from "./content.ts";
import { stream } from "./random.ts";
import type { Process } from "./scheduler.ts";
import { type Behind, idsOf, probe, queueOf, send, storeOf, TIMING } from "./seam.ts";

/** What a process has: its own clock, its own cloud sessions, and nothing that outlives it. */
export function depsOf(process: Process, behind: Behind): Deps {
  const now = () => behind.nowMs() + process.clockOffsetMs;
  const http = {
    send: (request: HttpRequest) => send(process, behind, request),
    content: contentOf(process, behind),
  };
  return {
    store: storeOf(process, behind),
    queue: queueOf(process, behind),
    clouds: openClouds(configsOf(behind.cloud), {
      http: () => http,
      now,
      timing: TIMING,
      contentOf: (glance) => new GlanceContent(glance),
      probe: (target) => probe(process, behind, target),
    }),
    ids: idsOf(stream(`${behind.seed} ${process.name}`)),
    log: behind.log,
    timing: TIMING,
    now,
    ...(behind.sendsContent && { transfers: new Transfers() }),
  };
}

const read = new Map<string, ReadonlyMap<string, CloudConfig>>();

function configsOf(cloud: SimulatedCloud): ReadonlyMap<string, CloudConfig> {
  const text = cloudsYaml(cloud, "sim");
  let configs = read.get(text);
  if (configs === undefined) {
    configs = readClouds({ clouds: { path: "clouds.yaml", text }, secure: null }, {}).clouds;
    read.set(text, configs);
  }
  return configs;
}
