import { beforeAll, expect, it } from "vitest";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import { itWithOperator } from "../needs-operator.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";

/** The port `Volumes`. */
export function adapterVolumesContract(stage: Stage, cloud: Cloud): void {
  let imageId = "";
  let volumeId = "";
  let made = { serverId: "", bootVolumeId: "", dataVolumeId: "" };
  beforeAll(async () => {
    imageId = await stage.makeImage(stage.name("port-parent"), { regild_recipe: "db" });
    volumeId = await stage.makeVolume(stage.name("port-volume"), { imageRef: imageId });
    made = await stage.makeVolumeServer(stage.name("port-db"));
  });
  const upload = (id: string, force: boolean) =>
    cloud.volumes.uploadImage(id, { name: stage.name("port-up"), diskFormat: "qcow2", force });

  it("finds volumes by id, and by their exact name", async () => {
    const volume = await cloud.volumes.volume(volumeId);
    expect(volume).toMatchObject({
      id: volumeId,
      name: stage.name("port-volume"),
      status: "available",
      sizeGib: 1,
      bootable: true,
      snapshotId: null,
      imageId,
      attachments: [],
      imageProperties: expect.objectContaining({ regild_recipe: "db" }),
    });
    expect(volume?.imageProperties).not.toHaveProperty("image_id");
    expect(await cloud.volumes.findVolumes(stage.name("port-volume"))).toEqual([volume]);
    expect(await cloud.volumes.findVolumes(volumeId)).toEqual([volume]);
    expect(await cloud.volumes.findVolumes(stage.name("port-VOLUME"))).toEqual([]);
    expect(await cloud.volumes.volume(NOBODY)).toBeNull();
    expect(await cloud.volumes.volumes()).toEqual(expect.arrayContaining([volume]));
    expect(await cloud.volumes.volume(made.bootVolumeId)).toMatchObject({
      status: "in-use",
      attachments: [{ serverId: made.serverId }],
    });
    expect(await cloud.compute.server(made.serverId)).toMatchObject({
      imageId: null,
      // In no order: Nova lists them as their rows were written.
      volumeIds: expect.toSatisfy(
        (ids: string[]) =>
          ids.toSorted().join() === [made.bootVolumeId, made.dataVolumeId].toSorted().join(),
      ),
    });
  });

  it("uploads a free volume; one that is uploading is busy, one in use wants force", async () => {
    const { imageId } = await upload(volumeId, false);
    await expectRefused(upload(volumeId, false), "busy");
    await stage.untilStatus("image", imageId, "active");
    await stage.untilStatus("volume", volumeId, "available");
    await expectRefused(upload(made.bootVolumeId, false), "force-refused");
    await expectRefused(upload(NOBODY, false), "not-found");
    expect(await cloud.volumes.failureOf(volumeId, 0)).toBeNull();
  });

  it("a copy of a volume in use comes from a snapshot; deleting may be repeated", async () => {
    const name = stage.name("port-copy");
    const { volumes } = cloud;
    const { snapshotId } = await volumes.createSnapshot(made.bootVolumeId, name, { try: "1" });
    await stage.untilStatus("snapshot", snapshotId, "available");
    expect(await volumes.snapshot(snapshotId)).toMatchObject({
      id: snapshotId,
      name,
      volumeId: made.bootVolumeId,
      status: "available",
      sizeGib: 1,
      metadata: { try: "1" },
    });
    expect((await volumes.snapshots()).map(({ id }) => id)).toContain(snapshotId);
    const copy = await volumes.createVolume(snapshotId, name, { try: "1" });
    await stage.untilStatus("volume", copy.volumeId, "available");
    expect(await volumes.volume(copy.volumeId)).toMatchObject({
      snapshotId,
      bootable: true,
      metadata: { try: "1" },
    });
    for (let twice = 0; twice < 2; twice += 1) {
      await volumes.deleteVolume(copy.volumeId);
      await stage.untilGone("volume", copy.volumeId);
    }
    for (let twice = 0; twice < 2; twice += 1) {
      await volumes.deleteSnapshot(snapshotId);
      await stage.untilGone("snapshot", snapshotId);
    }
  });

  it("an image of a volume-backed server names its snapshots", async () => {
    const name = stage.name("port-vb");
    const { imageId } = await cloud.compute.createImage(made.serverId, name, {});
    const image = await cloud.images.image(imageId);
    const snapshots = await cloud.volumes.snapshots();
    const named = snapshots.filter((snapshot) => snapshot.name === `snapshot for ${name}`);
    expect(image).toMatchObject({ status: "active", sizeBytes: 0 });
    expect(image?.snapshotIds.toSorted()).toEqual(named.map(({ id }) => id).toSorted());
    expect(named.map((snapshot) => snapshot.volumeId).toSorted()).toEqual(
      [made.bootVolumeId, made.dataVolumeId].toSorted(),
    );
  });

  itWithOperator(stage, "a used-up quota is quota-exceeded to the adapter", async (operator) => {
    const owned = await cloud.volumes.snapshots();
    const usual = await stage.snapshotQuota();
    try {
      await operator.volumeQuota(stage.raw.projectId, { snapshots: owned.length });
      const name = stage.name("port-quota");
      await expectRefused(cloud.volumes.createSnapshot(volumeId, name, {}), "quota-exceeded");
      await expectRefused(cloud.compute.createImage(made.serverId, name, {}), "quota-exceeded");
    } finally {
      await operator.volumeQuota(stage.raw.projectId, { snapshots: usual });
    }
  });

  itWithOperator(stage, "the adapter finds out why a volume's upload broke", async (operator) => {
    operator.uploads({ savingSeconds: 1, broken: true });
    const sinceMs = stage.target.now() - 1000;
    const { imageId } = await upload(volumeId, false);
    await stage.untilGone("image", imageId);
    await stage.untilStatus("volume", volumeId, "available");
    const failure = await until(stage.target, "the failure", () =>
      cloud.volumes.failureOf(volumeId, sinceMs),
    );
    expect(failure).toEqual({
      message: expect.stringContaining("Failed to upload volume to image"),
      requestId: expect.stringMatching(/^req-/u),
    });
  });
}
