import { beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { itWithOperator } from "../needs-operator.ts";
import { imageIdIn, type Stage } from "../stage.ts";
import { until } from "../target.ts";

const mapping = z.object({
  source_type: z.literal("snapshot"),
  destination_type: z.literal("volume"),
  snapshot_id: z.string(),
  boot_index: z.nullable(z.number()),
  volume_size: z.number(),
  device_name: z.string(),
});

/** createImage of a server that boots from a volume: snapshots of every volume, and an empty image. */
export function volumeServerImageContract(stage: Stage): void {
  let made = { serverId: "", bootVolumeId: "", dataVolumeId: "" };
  beforeAll(async () => {
    made = await stage.makeVolumeServer(stage.name("db"));
  });

  const snapshotsOf = async (imageName: string) =>
    (await stage.list("volume", "/snapshots/detail", "snapshots")).filter(
      ({ name }) => name === `snapshot for ${imageName}`,
    );

  it("such a server names no image, and its volumes are in-use", async () => {
    const server = await stage.observe("server", made.serverId);
    expect(server).toMatchObject({ image: "" });
    const attached = z
      .array(z.object({ id: z.string() }))
      .parse(server?.["os-extended-volumes:volumes_attached"]);
    // In any order: Nova 34 has named the data volume first.
    const ids = attached.map(({ id }) => id).toSorted();
    expect(ids).toEqual([made.bootVolumeId, made.dataVolumeId].toSorted());
    expect(await stage.observe("volume", made.bootVolumeId)).toMatchObject({
      status: "in-use",
      bootable: "true",
      attachments: [{ server_id: made.serverId, device: expect.stringMatching(/^\/dev\//u) }],
      volume_image_metadata: { image_id: stage.baseImageId },
    });
  });

  it("the image is active at once and empty, and names a snapshot of every volume", async () => {
    const name = stage.name("vb");
    const body = { createImage: { name, metadata: { purpose: "golden" } } };
    const path = `/servers/${made.serverId}/action`;
    const answer = await stage.compute("POST", path, body, "2.45");
    expect(answer.status).toBe(202);
    const image = await stage.observe("image", imageIdIn(answer));
    expect(image).toMatchObject({
      name,
      status: "active",
      size: 0,
      visibility: "private",
      checksum: "d41d8cd98f00b204e9800998ecf8427e",
      bdm_v2: "True",
      root_device_name: "/dev/vda",
      base_image_ref: "",
      purpose: "golden",
    });
    expect(image).not.toHaveProperty("instance_uuid");
    expect(image).not.toHaveProperty("image_type");
    expect(await stage.observe("server", made.serverId)).toMatchObject({
      "OS-EXT-STS:task_state": null,
    });

    const text = z.string().parse(image?.["block_device_mapping"]);
    const mappings = z.array(mapping).parse(JSON.parse(text));
    expect(mappings.filter(({ boot_index }) => boot_index === 0)).toHaveLength(1);
    expect(mappings).toHaveLength(2);
    const snapshots = await snapshotsOf(name);
    expect(snapshots.map(({ id }) => id).toSorted()).toEqual(
      mappings.map(({ snapshot_id }) => snapshot_id).toSorted(),
    );
    expect(snapshots.map((one) => one["volume_id"]).toSorted()).toEqual(
      [made.bootVolumeId, made.dataVolumeId].toSorted(),
    );
    const list = await stage.compute("GET", `/servers/${made.serverId}/os-instance-actions`);
    expect(list.json).toMatchObject({
      instanceActions: [{ action: "createImage", message: null }, { action: "create" }],
    });
    // Nothing on them points back at the image.
    for (const snapshot of snapshots) {
      expect(snapshot).toMatchObject({ metadata: {}, description: null });
    }
  });

  it("below 2.45 the image's id is in Location here too", async () => {
    const name = stage.name("vb-located");
    const path = `/servers/${made.serverId}/action`;
    const answer = await stage.compute("POST", path, { createImage: { name } });
    expect(answer.status).toBe(202);
    const id = answer.headers["location"]?.split("/").at(-1) ?? "";
    expect(await stage.observe("image", id)).toMatchObject({ name, status: "active", size: 0 });
  });

  it("two at once both succeed: no task bars the second", async () => {
    const [one, other] = await Promise.all([
      stage.createImage(made.serverId, stage.name("vb-twice")),
      stage.createImage(made.serverId, stage.name("vb-twice")),
    ]);
    expect([one.status, other.status]).toEqual([202, 202]);
    expect(await snapshotsOf(stage.name("vb-twice"))).toHaveLength(4);
  });

  it("the image goes alone; a deleted snapshot is accepted first and gone later", async () => {
    const name = stage.name("vb-gone");
    const imageId = imageIdIn(await stage.createImage(made.serverId, name));
    const snapshots = await snapshotsOf(name);
    expect((await stage.image("DELETE", `/v2/images/${imageId}`)).status).toBe(204);
    expect(await snapshotsOf(name)).toHaveLength(2);
    for (const { id } of snapshots) {
      await stage.untilStatus("snapshot", id, "available");
      expect((await stage.volume("DELETE", `/snapshots/${id}`)).status).toBe(202);
      await stage.untilGone("snapshot", id);
      const again = await stage.volume("DELETE", `/snapshots/${id}`);
      expect(again.status).toBe(404);
      expect(again.json).toMatchObject({
        itemNotFound: { message: `Snapshot ${id} could not be found.` },
      });
    }
  });

  it("an image of ours leaves its properties on volumes made of it, and on their images", async () => {
    const imageId = await stage.makeImage(stage.name("parent"), { regild_recipe: "db" });
    await stage.image("PUT", `/v2/images/${imageId}/tags/regild-current-db`);
    const volumeId = await stage.makeVolume(stage.name("parent-volume"), { imageRef: imageId });
    expect(await stage.observe("volume", volumeId)).toMatchObject({
      volume_image_metadata: { regild_recipe: "db", image_id: imageId },
    });
    const upload = { image_name: stage.name("parent-upload"), disk_format: "raw" };
    const path = `/volumes/${volumeId}/action`;
    const answer = await stage.volume("POST", path, { "os-volume_upload_image": upload });
    const uploaded = imageIdIn(answer);
    expect(await stage.untilStatus("image", uploaded, "active")).toMatchObject({
      regild_recipe: "db",
      tags: [],
    });
    await stage.untilStatus("volume", volumeId, "available");
    expect(await stage.observe("image", uploaded)).not.toHaveProperty("image_id");
  });

  itWithOperator(
    stage,
    "a snapshot quota that is too small refuses createImage with 403 and leaves nothing",
    async (operator) => {
      const owned = await stage.list("volume", "/snapshots", "snapshots");
      const before = owned.length;
      const usual = await stage.snapshotQuota();
      try {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: before + 1 });
        const name = stage.name("vb-quota");
        const answer = await stage.createImage(made.serverId, name);
        expect(answer.status).toBe(403);
        expect(answer.json).toMatchObject({
          forbidden: { code: 403, message: expect.stringMatching(/^Quota exceeded/u) },
        });
        expect(await snapshotsOf(name)).toEqual([]);
        expect(await stage.list("image", `/v2/images?name=${name}`, "images")).toEqual([]);
      } finally {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: usual });
      }
    },
  );

  itWithOperator(
    stage,
    "a volume being uploaded refuses createImage, snapshots and its deletion with 400",
    async (operator) => {
      operator.uploads({ savingSeconds: 3 });
      const upload = {
        image_name: stage.name("vb-slow"),
        disk_format: "qcow2",
        container_format: "bare",
        force: true,
      };
      const path = `/volumes/${made.bootVolumeId}/action`;
      const started = await stage.volume("POST", path, { "os-volume_upload_image": upload });
      expect(started.status).toBe(202);
      const image = await stage.createImage(made.serverId, stage.name("vb-busy"));
      expect(image.status).toBe(400);
      expect(image.json).toMatchObject({
        badRequest: { message: expect.stringContaining("current status is: uploading") },
      });
      const snapshot = { volume_id: made.bootVolumeId, name: stage.name("busy"), force: true };
      expect((await stage.volume("POST", "/snapshots", { snapshot })).status).toBe(400);
      expect((await stage.volume("DELETE", `/volumes/${made.bootVolumeId}`)).status).toBe(400);
      await until(stage.target, "the volume back in use", async () => {
        const volume = await stage.observe("volume", made.bootVolumeId);
        return volume?.status === "in-use" ? true : null;
      });
    },
  );
}
