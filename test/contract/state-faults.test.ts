import { beforeEach, describe, expect, it } from "vitest";
import type { Effect } from "../../local/simulated-cloud/faults.ts";
import { simulatedTarget } from "./simulated-target.ts";
import { idIn, imageIdIn, Stage } from "./stage.ts";

let target: ReturnType<typeof simulatedTarget>;
let stage: Stage;
beforeEach(async () => {
  target = simulatedTarget();
  stage = new Stage(target);
  await stage.open();
});

function plan(operation: string, effect: Effect): void {
  target.simulated.faults.add({ on: { operation }, effect });
}

const imagesMade = (): number => target.simulated.world.firstZone.images.size - 1;

describe("what goes wrong with what was accepted", () => {
  let serverId = "";
  const snapshotStatuses = (name: string): string[] =>
    target.simulated.operator.snapshotsNamed(`snapshot for ${name}`).map(({ status }) => status);

  beforeEach(async () => {
    serverId = await stage.bootServer(stage.name("web"), { imageRef: stage.baseImageId });
  });
  const create = async (): Promise<string> =>
    imageIdIn(await stage.createImage(serverId, stage.name("image")));

  it("an upload that never ends leaves image and server as they are", async () => {
    plan("compute.createImage", { kind: "upload-never-ends" });
    const imageId = await create();
    await target.pass(86_400);
    expect(await signedInAgain(() => stage.observe("image", imageId))).toMatchObject({
      status: "saving",
    });
    expect(await stage.observe("server", serverId)).toMatchObject({
      "OS-EXT-STS:task_state": "image_uploading",
    });
  });

  /** A day later the token is too old. */
  async function signedInAgain<Seen>(observe: () => Promise<Seen>): Promise<Seen> {
    await stage.open();
    return observe();
  }

  it("an image that goes back to queued stays there, and its server is free again", async () => {
    plan("compute.createImage", { kind: "upload-reverts" });
    const imageId = await create();
    await stage.untilStatus("image", imageId, "saving");
    await stage.untilIdle(serverId);
    expect(await stage.observe("image", imageId)).toMatchObject({ status: "queued" });
  });

  it("an upload whose token has expired before its data flows is broken", async () => {
    target.simulated.settings.tokenSeconds = 5;
    target.simulated.settings.queuedSeconds = 10;
    await stage.open();
    const imageId = await create();
    await target.pass(11);
    await stage.open();
    expect(await stage.observe("image", imageId)).toBeNull();
    expect(await stage.untilIdle(serverId)).toMatchObject({ status: "ACTIVE" });
  });

  it("an image vanishes when it is told to", async () => {
    plan("compute.createImage", { kind: "image-vanishes", afterSeconds: 10 });
    const imageId = await create();
    expect(await stage.untilStatus("image", imageId, "active")).toMatchObject({ id: imageId });
    expect(await stage.untilGone("image", imageId)).toBe(true);
  });

  it("an unknown status is shown in place of saving", async () => {
    plan("compute.createImage", { kind: "unknown-status", status: "pondering" });
    const imageId = await create();
    expect(await stage.untilStatus("image", imageId, "pondering")).toMatchObject({ size: null });
    expect(await stage.untilStatus("image", imageId, "active")).toMatchObject({ id: imageId });
  });

  it("K5: a failed synchronisation stands on the active image, in either spelling", async () => {
    for (const property of ["sync_status_reason", "sync_reason_status"] as const) {
      plan("compute.createImage", { kind: "sync-fails", property, reason: "ERROR:timeout" });
      const imageId = await create();
      const image = await stage.untilStatus("image", imageId, "active");
      expect(image[property]).toBe("ERROR:timeout");
      await stage.untilIdle(serverId);
    }
  });

  it("a synchronised image is in every region under one id", async () => {
    target.simulated.settings.syncSeconds = 5;
    const imageId = await create();
    await stage.untilStatus("image", imageId, "active");
    const inSecond = { service: "image", region: "az2", path: `/v2/images/${imageId}` } as const;
    expect((await stage.call(inSecond)).status).toBe(404);
    await target.pass(5);
    expect((await stage.call(inSecond)).json).toMatchObject({ id: imageId, status: "active" });
  });

  it("one of several snapshots ends in error, with the image active all the same", async () => {
    const made = await stage.makeVolumeServer(stage.name("db"));
    plan("compute.createImage", { kind: "snapshot-fails", number: 2 });
    const name = stage.name("half");
    const imageId = imageIdIn(await stage.createImage(made.serverId, name));
    expect(await stage.observe("image", imageId)).toMatchObject({ status: "active" });
    expect(snapshotStatuses(name)).toEqual(["creating", "creating"]);
    await target.pass(1);
    expect(snapshotStatuses(name).toSorted()).toEqual(["available", "error"]);
  });

  it("createImage that fails half-way leaves the snapshots made so far, and no image", async () => {
    const made = await stage.makeVolumeServer(stage.name("db"));
    plan("compute.createImage", { kind: "snapshots-cut", after: 1 });
    const before = imagesMade();
    const answer = await stage.createImage(made.serverId, stage.name("cut"));
    expect(answer.status).toBe(500);
    expect(snapshotStatuses(stage.name("cut"))).toHaveLength(1);
    expect(imagesMade()).toBe(before);
  });

  it("a snapshot whose deletion was accepted is there again, and a message says why", async () => {
    const volumeId = await stage.makeVolume(stage.name("volume"));
    const snapshot = { volume_id: volumeId, name: stage.name("busy") };
    const id = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
    await stage.untilStatus("snapshot", id, "available");
    plan("volume.deleteSnapshot", { kind: "snapshot-stays" });
    expect((await stage.volume("DELETE", `/snapshots/${id}`)).status).toBe(202);
    expect(await stage.observe("snapshot", id)).toMatchObject({ status: "deleting" });
    await stage.untilStatus("snapshot", id, "available");
    const path = `/messages?resource_uuid=${id}`;
    expect((await stage.volume("GET", path, undefined, "3.5")).json).toMatchObject({
      messages: [{ resource_uuid: id, user_message: "delete snapshot:Snapshot is busy." }],
    });
    expect((await stage.volume("DELETE", `/snapshots/${id}`)).status).toBe(202);
    await stage.untilGone("snapshot", id);
  });

  it("an image in use refuses its deletion with 409", async () => {
    const image = target.simulated.operator.addImage({ name: "parent", inUse: true });
    const answer = await stage.image("DELETE", `/v2/images/${image.id}`);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain("could not be deleted because it is in use");
  });

  it("a new image is shown by id only after a while, where one Glance of several lags", async () => {
    target.simulated.settings.showLagSeconds = 20;
    const id = await stage.makeImage(stage.name("unknown yet"));
    expect(await stage.observe("image", id)).toBeNull();
    await target.pass(20);
    expect(await stage.observe("image", id)).toMatchObject({ status: "active" });
  });

  it("lists lag behind what is shown by id, coming and going", async () => {
    target.simulated.settings.listLagSeconds = 30;
    const id = await stage.makeImage(stage.name("lagging"));
    const listed = async () =>
      (await stage.list("image", `/v2/images?id=in:${id}`, "images")).length;
    expect(await stage.observe("image", id)).toMatchObject({ status: "active" });
    expect(await listed()).toBe(0);
    await target.pass(30);
    expect(await listed()).toBe(1);
    await stage.image("DELETE", `/v2/images/${id}`);
    expect(await stage.observe("image", id)).toBeNull();
    expect(await listed()).toBe(1);
    await target.pass(30);
    expect(await listed()).toBe(0);
  });
});
