import { beforeAll, expect, it } from "vitest";
import type { CloudConfig } from "../../../shared/openstack/config.ts";
import type { Cloud, Image } from "../../../shared/cloud-ports.ts";
import { itWithOperator } from "../needs-operator.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";
import { toldByNova } from "../told-by-nova.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";

/** The port `Compute`. */
export function adapterComputeContract(
  stage: Stage,
  open: (change?: Partial<CloudConfig>) => Cloud,
): void {
  const cloud = open();
  let serverId = "";
  let twinId = "";
  beforeAll(async () => {
    serverId = await stage.bootServer(stage.name("port"), { imageRef: stage.baseImageId });
    twinId = await stage.bootServer(stage.name("PORT"), { imageRef: stage.baseImageId });
  });

  const settled = async (imageId: string): Promise<Image> => {
    await stage.untilStatus("image", imageId, "active");
    await stage.untilIdle(serverId);
    const image = await cloud.images.image(imageId);
    if (image === null) throw new Error(`image ${imageId} is gone`);
    return image;
  };

  it("finds servers by id, and by their exact name", async () => {
    const expected = {
      id: serverId,
      name: stage.name("port"),
      status: "ACTIVE",
      taskState: null,
      imageId: stage.baseImageId,
      volumeIds: [],
      projectId: stage.raw.projectId,
      locked: false,
      faultMessage: null,
      addresses: [],
      metadata: {},
      availabilityZone: expect.any(String),
      oddFields: [],
    };
    expect(await cloud.compute.server(serverId)).toEqual(expected);
    expect(await cloud.compute.findServers(serverId)).toEqual([expected]);
    expect(await cloud.compute.findServers(stage.name("port"))).toEqual([expected]);
    expect(await cloud.compute.findServers(stage.name("por"))).toEqual([]);
    expect(await cloud.compute.server(NOBODY)).toBeNull();
    const from = await cloud.compute.serversFrom(stage.baseImageId);
    expect(from).toEqual(expect.arrayContaining([stage.name("port"), stage.name("PORT")]));
    expect(await cloud.compute.serversFrom(NOBODY)).toEqual([]);
  });

  it("creates an image; a second one meanwhile is refused as busy, of nobody as not-found", async () => {
    const name = stage.name("port-image");
    const { imageId } = await cloud.compute.createImage(serverId, name, { regild_recipe: "web" });
    await expectRefused(cloud.compute.createImage(serverId, name, {}), "busy");
    await expectRefused(cloud.compute.stop(serverId), "busy");
    await expectRefused(cloud.compute.createImage(NOBODY, name, {}), "not-found");
    await expectRefused(cloud.compute.createImage(serverId, "", {}), "invalid-request");
    expect(await settled(imageId)).toMatchObject({
      id: imageId,
      name,
      status: "active",
      visibility: "private",
      ownerProjectId: stage.raw.projectId,
      sizeBytes: expect.any(Number),
      hidden: false,
      protected: false,
      tags: [],
      properties: expect.objectContaining({ regild_recipe: "web", instance_uuid: serverId }),
      snapshotIds: [],
    });
    expect(await cloud.compute.failureOf(serverId, "createImage", 0)).toBeNull();
  });

  it("the legacy compute path creates images as well", async () => {
    const legacy = open({ endpointOverrides: { compute: stage.legacyComputeUrl() } });
    const name = stage.name("port-legacy");
    const { imageId } = await legacy.compute.createImage(serverId, name, {});
    expect(await settled(imageId)).toMatchObject({ name, status: "active" });
  });

  it("stopping and starting may be repeated once done", async () => {
    await cloud.compute.start(serverId);
    await cloud.compute.stop(serverId);
    await stage.untilStatus("server", serverId, "SHUTOFF");
    await stage.untilIdle(serverId);
    await cloud.compute.stop(serverId);
    expect(await cloud.compute.server(serverId)).toMatchObject({ status: "SHUTOFF" });
    await cloud.compute.start(serverId);
    await stage.untilStatus("server", serverId, "ACTIVE");
    await stage.untilIdle(serverId);
  });

  it("a locked server is refused as conflict, not as busy", async () => {
    await stage.compute("POST", `/servers/${serverId}/action`, { lock: null });
    await expectRefused(cloud.compute.stop(serverId), "conflict");
    await stage.compute("POST", `/servers/${serverId}/action`, { unlock: null });
  });

  itWithOperator(stage, "a server in ERROR is a conflict to the adapter", async (operator) => {
    await operator.serverState(twinId, "error");
    await expectRefused(
      cloud.compute.createImage(twinId, stage.name("port-error"), {}),
      "conflict",
    );
    await operator.serverState(twinId, "active");
  });

  itWithOperator(
    stage,
    "a guest that powers itself off is told from a stop that was asked for",
    async (operator) => {
      const newest = async () => (await cloud.compute.actionsOf(twinId))?.[0];
      await operator.powerOff(twinId);
      await stage.untilStatus("server", twinId, "SHUTOFF");
      expect(await newest()).toMatchObject({ action: "stop", projectId: null });
      await stage.untilIdle(twinId);
      await cloud.compute.start(twinId);
      await stage.untilStatus("server", twinId, "ACTIVE");
      await stage.untilIdle(twinId);
      await cloud.compute.stop(twinId);
      await stage.untilStatus("server", twinId, "SHUTOFF");
      expect(await newest()).toMatchObject({ action: "stop", projectId: stage.raw.projectId });
      await stage.untilIdle(twinId);
      await cloud.compute.start(twinId);
      await stage.untilStatus("server", twinId, "ACTIVE");
      await stage.untilIdle(twinId);
    },
  );

  itWithOperator(stage, "the adapter finds out that a server's upload broke", async (operator) => {
    operator.uploads({ savingSeconds: 1, broken: true });
    const sinceMs = stage.target.now() - 1000;
    const name = stage.name("port-broken");
    const { imageId } = await cloud.compute.createImage(twinId, name, {});
    await stage.untilGone("image", imageId);
    await stage.untilIdle(twinId);
    if (!(await toldByNova(stage))) {
      expect(await cloud.compute.failureOf(twinId, "createImage", sinceMs)).toBeNull();
      return;
    }
    const failure = await until(stage.target, "the failure", () =>
      cloud.compute.failureOf(twinId, "createImage", sinceMs),
    );
    expect(failure).toMatchObject({
      message: expect.any(String),
      requestId: expect.stringMatching(/^req-/u),
    });
  });
}
