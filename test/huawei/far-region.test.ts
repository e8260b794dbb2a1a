import { beforeEach, expect, it } from "vitest";
import type { Cloud } from "../../shared/cloud-ports.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { NOW, timing } from "../unit/builders.ts";
import { ImsServer } from "./ims-server.ts";

let server: ImsServer;
let cloud: Cloud;
let far: Cloud;
let imageId: string;

beforeEach(async () => {
  server = new ImsServer(NOW);
  const { config, farConfig, http } = server;
  const configs = new Map([config, farConfig].map((each) => [each.name, each]));
  const clouds = openClouds(configs, { http: () => http, now: () => server.nowMs, timing });
  cloud = clouds.open({ cloud: "otc", region: null }, () => {});
  far = clouds.open({ cloud: "otc-far", region: null }, () => {});
  const serverId = server.addServer("web");
  await cloud.imageJobs.createImage({ kind: "system-disk", serverId }, "web-golden");
  pass();
  imageId = [...server.images.keys()][0] ?? "";
});

function pass(): void {
  server.nowMs += 600_000;
  server.settle();
}

const place = { region: "eu-nl", projectName: "eu-nl_web", agencyName: "ims_copy_image" };
const copy = () => cloud.imageJobs.copyToRegion(imageId, { name: "web-golden", ...place });

it("makes a copy each time it is asked for one, and one whose answer is lost as well", async () => {
  server.lostFarCopies = 1;
  await expect(copy()).rejects.toMatchObject({ kind: "unanswered" });
  await copy();
  pass();
  expect(await far.images.named("web-golden")).toHaveLength(2);
  const where = { region: "eu-nl", project_name: "eu-nl_web", agency_name: "ims_copy_image" };
  const asked = { name: "web-golden", ...where };
  expect(server.farCopies).toEqual([asked, asked]);
  expect(server.images.size).toBe(1);
});

it("refuses a copy with the code that it is told, and then makes it", async () => {
  server.farCopyRefusals = ["IMG.0060"];
  await expect(copy()).rejects.toMatchObject({ kind: "transient" });
  await copy();
  pass();
  expect(await far.images.named("web-golden")).toHaveLength(1);
});

it("may keep the copy of a job that has failed", async () => {
  const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: true };
  server.farCopyPlans = [{ recordAfter: 3, seconds: 60, fails }];
  const { jobId } = await copy();
  pass();
  expect((await cloud.imageJobs.job(jobId))?.status).toBe("FAIL");
  expect(await far.images.named("web-golden")).toHaveLength(1);
});

it("has no servers and no volumes that might use a copy", async () => {
  await copy();
  pass();
  expect(await far.compute.servers()).toEqual([]);
  expect(await far.compute.findServers("web")).toEqual([]);
  expect(await far.volumes.volumes()).toEqual([]);
  expect(await far.images.everyImage()).toHaveLength(1);
});
