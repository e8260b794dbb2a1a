import { beforeEach, describe, expect, it } from "vitest";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import type { Cloud } from "../../shared/cloud-ports.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import { timing } from "../unit/builders.ts";
import { simulatedTarget } from "./simulated-target.ts";

describe("a copy in another zone of the simulated cloud, beyond what the document says", () => {
  let target: ReturnType<typeof simulatedTarget>;
  let cloud: Cloud;
  let imageId: string;
  beforeEach(() => {
    target = simulatedTarget();
    const { simulated, config, now } = target;
    simulated.settings.imsQuota = 3;
    imageId = simulated.operator.addImage({ name: "golden" }).id;
    const http = asHttp(simulated);
    const clouds = openClouds(new Map([["demo", config]]), { http: () => http, now, timing });
    cloud = clouds.open({ cloud: "demo", region: null }, () => {});
  });

  const copy = (name = "golden") => {
    const place = { region: "az2", projectName: "demo", agencyName: "ims_copy_image" };
    return cloud.imageJobs.copyToRegion(imageId, { name, ...place });
  };
  const statuses = () => {
    target.simulated.settle();
    const images = [...(target.simulated.world.zones[1]?.images.values() ?? [])];
    return images.map(({ name, status }) => ({ name, status }));
  };

  it("takes a name once there, from the request on", async () => {
    await copy();
    await expect(copy()).rejects.toMatchObject({ code: "name-taken" });
    await target.pass(60);
    await expect(copy()).rejects.toMatchObject({ code: "name-taken" });
    expect(statuses()).toEqual([{ name: "golden", status: "active" }]);
  });

  it("counts against the quota there alone", async () => {
    const { operator } = target.simulated;
    for (const name of ["a", "b", "c"]) operator.addImage({ name });
    operator.addImage({ name: "a", zone: "az2" });
    await copy();
    await copy("second");
    await expect(copy("third")).rejects.toMatchObject({ code: "quota-exceeded" });
    await target.pass(60);
    await expect(copy("third")).rejects.toMatchObject({ code: "quota-exceeded" });
  });

  it("stays behind, if its upload goes back to its beginning", async () => {
    const on = { operation: "ims.copyToRegion" };
    target.simulated.faults.add({ on, effect: { kind: "upload-reverts" } });
    const { jobId } = await copy();
    await target.pass(60);
    expect((await cloud.imageJobs.job(jobId))?.status).toBe("FAIL");
    expect(statuses()).toEqual([{ name: "golden", status: "queued" }]);
  });
});
