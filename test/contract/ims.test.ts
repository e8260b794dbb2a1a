import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { attach } from "../../local/simulated-cloud/nova/server.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Http } from "../../shared/ports.ts";
import { ImsServer } from "../huawei/ims-server.ts";
import { timing } from "../unit/builders.ts";
import { describeIms, type ImsTarget } from "./ims.contract.ts";
import { configOf } from "./simulated-target.ts";

const START_MS = Date.UTC(2026, 10, 22, 12);
const PASSING_MS = 900_000;

describeIms("the simulated IMS", () => {
  let nowMs = START_MS;
  const simulated = new SimulatedCloud({ now: () => nowMs, random: seededRandom(1) });
  const { operator, settings, faults, world } = simulated;
  settings.imsQuota = 100;
  settings.maxPage = 2;
  const image = operator.addImage({ name: "base" });
  const config = configOf(simulated, simulated.demo);
  const http = asHttp(simulated);
  const now = (): number => nowMs;
  return {
    cloud: adapter({ config, http, now }),
    far: adapter({ config, http, now, region: "az2" }),
    farPlace: { region: "az2", projectName: "demo", agencyName: "ims_copy_image" },
    failFarCopy: () =>
      faults.add({ on: { operation: "ims.copyToRegion" }, effect: { kind: "upload-breaks" } }),
    addServer: () => operator.addServer({ name: "web", image }).id,
    addDisk(serverId) {
      const volume = operator.addVolume({ name: "data" });
      const server = world.servers.get(serverId);
      if (server !== undefined) attach(world, server, volume, null);
      return volume.id;
    },
    loseServer: (id) => world.servers.delete(id),
    addVault(of) {
      const vault = operator.addVault("golden");
      vault.objectType = of;
      return vault.id;
    },
    addKey: (id) => world.keys.add(id),
    addBucket: (name) => operator.addBucket(name),
    files(bucket) {
      world.advanceTo(nowMs);
      const files = [...(world.buckets.get(bucket) ?? [])];
      return Object.fromEntries(files.map(([name, { imageId }]) => [name, imageId]));
    },
    failExport: () =>
      faults.add({ on: { operation: "ims.exportImage" }, effect: { kind: "export-fails" } }),
    pass: () => (nowMs += PASSING_MS),
    passOne: () => (nowMs += 1_000),
    quota: (images) => (settings.imsQuota = images),
    failNext: (leavesImage) =>
      faults.add({
        on: { operation: "ims.createImage" },
        effect: { kind: leavesImage ? "upload-reverts" : "upload-breaks" },
      }),
    failOne: () =>
      faults.add({ on: { operation: "ims.createImage" }, effect: { kind: "upload-breaks" } }),
  };
});

describeIms("the IMS of the documents", () => {
  const server = new ImsServer(START_MS);
  const { http } = server;
  const now = (): number => server.nowMs;
  return {
    cloud: adapter({ config: server.config, http, now }),
    far: adapter({ config: server.farConfig, http, now }),
    farPlace: {
      region: server.far.name,
      projectName: server.far.projectName,
      agencyName: "ims_copy_image",
    },
    failFarCopy() {
      const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: false };
      server.farCopyPlans = [{ recordAfter: 3, seconds: 60, fails }];
    },
    addServer: () => server.addServer("web"),
    addDisk: (serverId) => server.addDisk("data", serverId),
    loseServer: (id) => server.servers.delete(id),
    addVault: (objectType) => server.cbr.addVault({ objectType }),
    addKey: (id) => server.keys.add(id),
    addBucket: (name) => server.buckets.set(name, new Map()),
    files(bucket) {
      server.settle();
      return Object.fromEntries(server.buckets.get(bucket) ?? []);
    },
    failExport: () =>
      (server.exportFailures = [{ code: "IMG.0014", reason: "An exception occurred" }]),
    pass: () => (server.nowMs += PASSING_MS),
    passOne: () => (server.nowMs += 10_000),
    quota(images) {
      server.hasIms = images !== null;
      server.quota = images ?? 0;
    },
    failNext(leavesImage) {
      const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage };
      server.plans = [{ recordAfter: 3, seconds: 60, fails }];
    },
    failOne() {
      const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: false };
      server.plans = [{ recordAfter: 3, seconds: 60, fails: { ...fails, ofDisk: 1 } }];
    },
  };
});

interface At {
  config: CloudConfig;
  http: Http;
  now: () => number;
  region?: string;
}

function adapter({ config, http, now, region }: At): ImsTarget["cloud"] {
  const clouds = openClouds(new Map([[config.name, config]]), { http: () => http, now, timing });
  return clouds.open({ cloud: config.name, region: region ?? null }, () => {});
}
