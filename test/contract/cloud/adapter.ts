import { expect, it } from "vitest";
import { openClouds } from "../../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../../shared/openstack/config.ts";
import type { ApiCall, Cloud } from "../../../shared/cloud-ports.ts";
import { itWithOperator } from "../needs-operator.ts";
import type { Stage } from "../stage.ts";
import { GlanceContent } from "../../../shared/openstack/image-content.ts";
import type { Service } from "../../../shared/openstack/service.ts";
import { adapterComputeContract } from "./adapter-compute.ts";
import { adapterContentContract } from "./adapter-content.ts";
import { adapterImagesContract } from "./adapter-images.ts";
import { adapterStoresContract } from "./adapter-stores.ts";
import { adapterTestServersContract } from "./adapter-test-servers.ts";
import { adapterVolumesContract } from "./adapter-volumes.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";
import { withTokenLife } from "./token-life.ts";

const TIMING = { windowMs: 30_000, callTimeoutMs: 60_000, skewMs: 60_000, graceMs: 300_000 };

/** The ports of Regild's core, as the adapter keeps them on this cloud. */
export function adapterContract(stage: Stage): void {
  const calls: ApiCall[] = [];
  const { target } = stage;
  const open = (change: Partial<CloudConfig> = {}): Cloud => {
    const config = { ...target.config, ...change };
    const deps = {
      http: () => target.http,
      now: target.now,
      timing: TIMING,
      contentOf: (glance: Service) => new GlanceContent(glance),
    };
    const clouds = openClouds(new Map([[config.name, config]]), deps);
    return clouds.open({ cloud: config.name, region: null }, (call) => calls.push(call));
  };
  const cloud = open();

  it("signs in, and tells every call with its request id", async () => {
    calls.length = 0;
    const { projectId, projectName } = await cloud.authenticate();
    expect(projectId).toBe(stage.raw.projectId);
    expect(["", projectId]).not.toContain(projectName);
    await cloud.compute.findServers(stage.name("nobody"));
    expect(calls.at(-1)).toMatchObject({
      method: "GET",
      service: "compute",
      path: expect.stringMatching(/\/servers\/detail$/u),
      status: 200,
      requestId: expect.stringMatching(/^req-/u),
    });
    expect(await cloud.everyImageService()).toHaveLength(stage.raw.imageRegions.length);
  });

  it("a wrong password is refused as sign-in-failed", async () => {
    const { auth } = target.config;
    if (auth.kind !== "password") throw new Error("the contract is tested with a password");
    const wrong = open({ auth: { ...auth, password: "wrong" } });
    await expectRefused(wrong.authenticate(), "sign-in-failed");
    await expectRefused(wrong.images.image(NOBODY), "sign-in-failed");
  });

  itWithOperator(stage, "a session outlives its token", async (operator) => {
    const brief = open();
    await withTokenLife(operator, 3, () => brief.authenticate());
    await target.pass(4);
    calls.length = 0;
    expect(await brief.images.image(NOBODY)).toBeNull();
    expect(calls[0]).toMatchObject({ method: "POST", service: "identity", status: 201 });
  });

  adapterComputeContract(stage, open);
  adapterTestServersContract(stage, cloud);
  adapterVolumesContract(stage, cloud);
  adapterImagesContract(stage, cloud);
  adapterContentContract(stage, cloud);
  adapterStoresContract(stage, cloud);
}
