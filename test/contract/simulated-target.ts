import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import type { Caller } from "../../local/simulated-cloud/identity-store.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Operator } from "../cloud/operator.ts";
import type { Target } from "./target.ts";

/** A simulated cloud on a clock of its own, with something to boot from. */
export function simulatedTarget(): Target & { simulated: SimulatedCloud } {
  let nowMs = Date.parse("2026-11-22T12:00:00Z");
  const settings = { stores: ["file", "second"] };
  const cloud = new SimulatedCloud({ now: () => nowMs, random: seededRandom(1), settings });
  cloud.operator.addImage({
    name: "base",
    visibility: "public",
    properties: { os_distro: "none", hw_disk_bus: "virtio" },
  });
  const other = cloud.operator.addProject("other", "other-secret");
  return {
    simulated: cloud,
    config: configOf(cloud, cloud.demo),
    http: asHttp(cloud),
    now: () => nowMs,
    pass: (seconds) => {
      nowMs += seconds * 1000;
      return Promise.resolve();
    },
    boot: { flavorName: "sim.tiny", imageName: "base", network: "none" },
    networkName: "sim-net",
    other: configOf(cloud, other),
    operator: operatorOf(cloud),
  };
}

export function configOf(cloud: SimulatedCloud, { user, project }: Caller): CloudConfig {
  const domain = { name: "Default" };
  return {
    name: project.name,
    authUrl: cloud.authUrl,
    auth: {
      kind: "password",
      user: { name: user.name, domain },
      password: user.password,
      project: { name: project.name, domain },
    },
    regionNames: [cloud.world.firstZone.name],
    interfaces: ["public"],
    services: {},
    endpointOverrides: {},
    tls: { cacert: null, cert: null, key: null, verify: true },
    proxy: null,
    variants: new Map(),
  };
}

function operatorOf(cloud: SimulatedCloud): Operator {
  const { settings, faults } = cloud;
  const usual = { ...settings };
  return {
    uploads({ queuedSeconds = 0, savingSeconds, broken = false } = {}) {
      settings.queuedSeconds = queuedSeconds;
      settings.uploadSeconds =
        savingSeconds === undefined ? usual.uploadSeconds : () => savingSeconds;
      faults.clear();
      if (!broken) return;
      for (const operation of ["compute.createImage", "volume.uploadImage"]) {
        faults.add({ on: { operation, times: Infinity }, effect: { kind: "upload-breaks" } });
      }
    },
    volumeQuota(_projectId, { volumes, snapshots }) {
      const limit = (quota: number): number => (quota === -1 ? Infinity : quota);
      if (volumes !== undefined) settings.volumeQuota = limit(volumes);
      if (snapshots !== undefined) settings.snapshotQuota = limit(snapshots);
      return Promise.resolve();
    },
    serverState(serverId, state) {
      const server = cloud.world.servers.get(serverId);
      if (server !== undefined) server.vmState = state;
      return Promise.resolve();
    },
    powerOff(serverId) {
      cloud.operator.powerOffByGuest(serverId);
      return Promise.resolve();
    },
    forcedUploads(allowed) {
      settings.forceUpload = allowed;
    },
    tokenLife(seconds) {
      settings.tokenSeconds = seconds ?? usual.tokenSeconds;
    },
  };
}
