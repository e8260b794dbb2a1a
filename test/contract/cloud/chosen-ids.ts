import { beforeAll, expect, it } from "vitest";
import { idIn, imageIdIn, type Stage } from "../stage.ts";

/** Image ids that the caller chooses, and what keeps a create from making an image later. */
export function chosenIdsContract(stage: Stage): void {
  let serverId = "";
  let volumeId = "";
  let backed = { serverId: "", bootVolumeId: "" };
  beforeAll(async () => {
    serverId = await stage.bootServer(stage.name("chosen"), { imageRef: stage.baseImageId });
    volumeId = await stage.makeVolume(stage.name("chosen-volume"));
    backed = await stage.makeVolumeServer(stage.name("chosen-backed"));
  });

  const newId = (): string => crypto.randomUUID();
  const createImage = (of: string, name: string, id: string, version = "2.45") =>
    stage.compute(
      "POST",
      `/servers/${of}/action`,
      { createImage: { name, metadata: { purpose: "golden", id } } },
      version,
    );
  const onVolume = (id: string, body: unknown) =>
    stage.volume("POST", `/volumes/${id}/action`, body, "3.1");
  const askFor = (of: string, id: string) =>
    onVolume(of, { "os-set_image_metadata": { metadata: { id } } });
  const upload = (of: string, image_name: string) =>
    onVolume(of, {
      "os-volume_upload_image": {
        image_name,
        disk_format: "qcow2",
        container_format: "bare",
        force: true,
      },
    });
  const unset = (of: string) => onVolume(of, { "os-unset_image_metadata": { key: "id" } });
  const createRecord = (id: string, name: string) =>
    stage.image("POST", "/v2/images", { id, name, visibility: "private" });
  const idsNamed = async (name: string) =>
    (await stage.list("image", `/v2/images?name=${encodeURIComponent(name)}`, "images")).map(
      ({ id }) => id,
    );
  const conflict = {
    computeFault: { message: expect.stringContaining("glanceclient.exc.HTTPConflict") },
  };

  it.each(["2.45", "2.1"])(
    "createImage at %s gives the image the id in its metadata",
    async (version) => {
      const id = newId();
      const name = stage.name(`chosen-${version}`);
      const answer = await createImage(serverId, name, id, version);
      expect(answer.status).toBe(202);
      const answered =
        version === "2.1" ? answer.headers["location"]?.split("/").at(-1) : imageIdIn(answer);
      expect(answered).toBe(id);
      const image = await stage.untilStatus("image", id, "active");
      expect(image).toMatchObject({ id, name, purpose: "golden" });
      await stage.untilIdle(serverId);
    },
  );

  it("the same createImage again is 500 by a conflict, also after the image was deleted, and makes nothing", async () => {
    const id = newId();
    const name = stage.name("chosen-twice");
    expect((await createImage(serverId, name, id)).status).toBe(202);
    await stage.untilStatus("image", id, "active");
    await stage.untilIdle(serverId);
    const isRefused = async () => {
      const again = await createImage(serverId, name, id);
      expect(again.status).toBe(500);
      expect(again.json).toMatchObject(conflict);
      const server = await stage.observe("server", serverId);
      expect(server).toMatchObject({ "OS-EXT-STS:task_state": null });
    };
    await isRefused();
    expect(await idsNamed(name)).toEqual([id]);
    expect((await stage.image("DELETE", `/v2/images/${id}`)).status).toBe(204);
    await isRefused();
    expect(await idsNamed(name)).toEqual([]);
  });

  it("an id that is no UUID is 500 by a TypeError", async () => {
    const answer = await createImage(serverId, stage.name("chosen-odd"), "mine");
    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({
      computeFault: { message: expect.stringContaining("TypeError") },
    });
  });

  it("a volume-backed server's image has the chosen id; a repeat is refused, and leaves snapshots", async () => {
    const id = newId();
    const name = stage.name("chosen-vb");
    const snapshots = async () =>
      (await stage.list("volume", "/snapshots/detail", "snapshots")).filter(
        (one) => one.name === `snapshot for ${name}`,
      ).length;
    expect(imageIdIn(await createImage(backed.serverId, name, id))).toBe(id);
    expect(await snapshots()).toBe(2);
    const again = await createImage(backed.serverId, name, id);
    expect(again.status).toBe(500);
    expect(again.json).toMatchObject(conflict);
    expect(await snapshots()).toBe(4);
    expect(await idsNamed(name)).toEqual([id]);
  });

  it("an id that an image had by POST, and that was deleted, can never be used again", async () => {
    const id = newId();
    const name = stage.name("fenced");
    expect((await createRecord(id, name)).status).toBe(201);
    expect((await createRecord(id, name)).status).toBe(409);
    expect((await stage.image("DELETE", `/v2/images/${id}`)).status).toBe(204);
    expect((await createRecord(id, name)).status).toBe(409);
    expect(await stage.observe("image", id)).toBeNull();
    const late = await createImage(serverId, name, id);
    expect(late.status).toBe(500);
    expect(late.json).toMatchObject(conflict);
    expect(await idsNamed(name)).toEqual([]);
  });

  it("an upload gives the image the id in its volume's image metadata, which stays there", async () => {
    const id = newId();
    const name = stage.name("chosen-up");
    expect((await askFor(volumeId, id)).status).toBe(200);
    expect(imageIdIn(await upload(volumeId, name))).toBe(id);
    expect((await unset(volumeId)).status).toBe(400);
    await stage.untilStatus("image", id, "active");
    await stage.untilStatus("volume", volumeId, "available");
    const again = await upload(volumeId, name);
    expect(again.status).toBe(400);
    expect(again.json).toMatchObject({
      badRequest: { message: expect.stringContaining(`Image ID ${id} already exists!`) },
    });
    await stage.untilStatus("volume", volumeId, "available");
    expect(await idsNamed(name)).toEqual([id]);
    expect(await stage.observe("volume", volumeId)).toMatchObject({
      volume_image_metadata: { id },
    });
    expect((await unset(volumeId)).status).toBe(200);
    expect((await unset(volumeId)).status).toBe(404);
    const other = imageIdIn(await upload(volumeId, stage.name("unchosen-up")));
    expect(other).not.toBe(id);
    await stage.untilStatus("image", other, "active");
    await stage.untilStatus("volume", volumeId, "available");
  });

  it("a volume that is made of a snapshot of such a volume asks for the same id", async () => {
    const id = newId();
    expect((await askFor(volumeId, id)).status).toBe(200);
    const snapshot = { volume_id: volumeId, name: stage.name("chosen-sn") };
    const snapshotId = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
    await stage.untilStatus("snapshot", snapshotId, "available");
    const volume = { snapshot_id: snapshotId, name: stage.name("chosen-copy") };
    const copyId = idIn(await stage.volume("POST", "/volumes", { volume }), "volume");
    const copy = await stage.untilStatus("volume", copyId, "available");
    expect(copy).toMatchObject({ volume_image_metadata: { id } });
    expect((await unset(volumeId)).status).toBe(200);
    expect(await stage.observe("volume", copyId)).toMatchObject({ volume_image_metadata: { id } });
  });

  it("an upload of a volume in use by force has the chosen id too", async () => {
    const id = newId();
    expect((await askFor(backed.bootVolumeId, id)).status).toBe(200);
    expect(imageIdIn(await upload(backed.bootVolumeId, stage.name("chosen-forced")))).toBe(id);
    await stage.untilStatus("image", id, "active");
    await stage.untilStatus("volume", backed.bootVolumeId, "in-use");
    expect((await unset(backed.bootVolumeId)).status).toBe(200);
  });
}
