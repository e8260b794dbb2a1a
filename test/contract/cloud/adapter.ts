import { beforeAll, expect, it } from "vitest";
import { openClouds } from "../../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../../shared/openstack/config.ts";
import type { RefusalCode } from "../../../shared/openstack/errors.ts";
import type { ApiCall, Cloud, Image } from "../../../shared/ports.ts";
import { signInRaw } from "../raw-cloud.ts";
import { itWithOperator } from "../needs-operator.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";

const TIMING = { windowMs: 30_000, callTimeoutMs: 60_000, skewMs: 60_000, graceMs: 300_000 };
const NOBODY = "00000000-0000-4000-8000-000000000000";

/** The ports of Regild's core, as the adapter keeps them on this cloud. */
export function adapterContract(stage: Stage): void {
  const calls: ApiCall[] = [];
  const { target } = stage;
  const open = (change: Partial<CloudConfig> = {}): Cloud => {
    const config = { ...target.config, ...change };
    const deps = { http: () => target.http, now: target.now, timing: TIMING };
    const clouds = openClouds(new Map([[config.name, config]]), deps);
    return clouds.open({ cloud: config.name, region: null }, (call) => calls.push(call));
  };
  const cloud = open();

  it("signs in, and tells every call with its request id", async () => {
    calls.length = 0;
    expect(await cloud.authenticate()).toEqual({ projectId: stage.raw.projectId });
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
    try {
      operator.tokenLife(3);
      const brief = open();
      await brief.authenticate();
      await target.pass(4);
      expect(await brief.images.image(NOBODY)).toBeNull();
    } finally {
      operator.tokenLife(null);
    }
  });

  computeContract(stage, open);
  volumeContract(stage, cloud);
  imageContract(stage, cloud);
}

async function expectRefused(act: Promise<unknown>, code: RefusalCode): Promise<void> {
  await expect(act).rejects.toMatchObject({ name: "CloudError", kind: "refused", code });
}

function computeContract(stage: Stage, open: (change?: Partial<CloudConfig>) => Cloud): void {
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

  itWithOperator(stage, "the adapter finds out that a server's upload broke", async (operator) => {
    operator.uploads({ savingSeconds: 1, broken: true });
    const sinceMs = stage.target.now() - 1000;
    const name = stage.name("port-broken");
    const { imageId } = await cloud.compute.createImage(twinId, name, {});
    await stage.untilGone("image", imageId);
    await stage.untilIdle(twinId);
    const failure = await until(stage.target, "the failure", () =>
      cloud.compute.failureOf(twinId, "createImage", sinceMs),
    );
    expect(failure).toMatchObject({
      message: expect.any(String),
      requestId: expect.stringMatching(/^req-/u),
    });
  });
}

function volumeContract(stage: Stage, cloud: Cloud): void {
  let volumeId = "";
  let made = { serverId: "", bootVolumeId: "", dataVolumeId: "" };
  beforeAll(async () => {
    const imageRef = await stage.makeImage(stage.name("port-parent"), { regild_recipe: "db" });
    volumeId = await stage.makeVolume(stage.name("port-volume"), { imageRef });
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
      volumeIds: [made.bootVolumeId, made.dataVolumeId],
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
    try {
      await operator.volumeQuota(stage.raw.projectId, { snapshots: owned.length });
      const name = stage.name("port-quota");
      await expectRefused(cloud.volumes.createSnapshot(volumeId, name, {}), "quota-exceeded");
      await expectRefused(cloud.compute.createImage(made.serverId, name, {}), "quota-exceeded");
    } finally {
      await operator.volumeQuota(stage.raw.projectId, { snapshots: -1 });
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

function imageContract(stage: Stage, cloud: Cloud): void {
  const { images } = cloud;

  it("lists by id leave hidden images out; names are exact and include them", async () => {
    const name = stage.name("port-list");
    const plain = await stage.makeImage(name);
    const hidden = await stage.makeImage(name, { os_hidden: true });
    await stage.makeImage(name.toUpperCase());
    expect([...(await images.listed([plain, hidden, NOBODY])).keys()]).toEqual([plain]);
    const named = await images.named(name);
    expect(named.map(({ id }) => id).toSorted()).toEqual([plain, hidden].toSorted());
    expect(named.find(({ id }) => id === hidden)).toMatchObject({ hidden: true });
    expect(await images.named(`in:${name}`)).toEqual([]);
    expect(await images.image(NOBODY)).toBeNull();
  });

  it("a change is one patch to the wished values, and none when it has them all", async () => {
    const id = await stage.makeImage(stage.name("port-change"), { keep: "1", drop: "1" });
    const change = {
      name: stage.name("port-changed"),
      visibility: "private",
      hidden: true,
      minDiskGib: 4,
      minRamMib: 512,
      properties: { keep: "2", drop: null, fresh: "x", absent: null, "odd/key~": "y" },
    };
    const before = await images.image(id);
    if (before === null) throw new Error("the image is gone");
    await images.change(before, change);
    const after = await images.image(id);
    const { properties: _, ...fields } = change;
    expect(after).toMatchObject(fields);
    expect(after?.properties).toEqual(
      expect.objectContaining({ keep: "2", fresh: "x", "odd/key~": "y" }),
    );
    expect(after?.properties).not.toHaveProperty("drop");
    if (after === null) throw new Error("the image is gone");
    await images.change(after, change);
    expect(await images.image(id)).toEqual(after);
  });

  it("tags and deletions may be repeated; a protected image is refused as protected", async () => {
    const id = await stage.makeImage(stage.name("port-tag"), { protected: true });
    const tag = "regild-current-web";
    for (let twice = 0; twice < 2; twice += 1) await images.addTag(id, tag);
    expect(await images.image(id)).toMatchObject({ tags: [tag] });
    for (let twice = 0; twice < 2; twice += 1) await images.removeTag(id, tag);
    expect(await images.image(id)).toMatchObject({ tags: [] });
    await expectRefused(images.deleteImage(id), "protected");
    await stage.patch(id, [{ op: "replace", path: "/protected", value: false }]);
    for (let twice = 0; twice < 2; twice += 1) await images.deleteImage(id);
    expect(await images.image(id)).toBeNull();
    await expectRefused(images.addTag(id, tag), "not-found");
  });

  const { other } = stage.target;
  if (other === null) return;
  it("every image is: hidden, pending, and other projects' community ones", async () => {
    const they = await signInRaw(stage.target.http, other);
    const create = async (name: string, fields: Record<string, unknown>): Promise<string> => {
      const body = { name, disk_format: "raw", container_format: "bare", ...fields };
      const made = await they.call({ service: "image", method: "POST", path: "/v2/images", body });
      return String(made.headers["location"]?.split("/").at(-1));
    };
    const theirs = [
      await create(stage.name("port-community"), { visibility: "community", os_hidden: true }),
      await create(stage.name("port-pending"), { visibility: "shared" }),
    ];
    const mine = [
      await stage.makeImage(stage.name("port-every"), { os_hidden: true }),
      await stage.makeImage(stage.name("port-every"), { visibility: "private" }, null),
    ];
    const body = { member: stage.raw.projectId };
    const path = `/v2/images/${theirs[1]}/members`;
    await they.call({ service: "image", method: "POST", path, body });
    try {
      const seen = (await images.everyImage()).map(({ id }) => id);
      expect(seen).toEqual(expect.arrayContaining([...mine, ...theirs]));
      expect(new Set(seen).size).toBe(seen.length);
    } finally {
      for (const id of theirs) {
        await they.call({ service: "image", method: "DELETE", path: `/v2/images/${id}` });
      }
    }
  });
}
