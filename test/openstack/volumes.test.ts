import { describe, expect, test } from "vitest";
import { fakeCloud, ID, inTurn, NOW_MS, refusal, response } from "./fake-cloud.ts";

const volume = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  name: "data",
  status: "available",
  size: 2,
  bootable: "true",
  ...fields,
});
const snapshot = (fields: Record<string, unknown> = {}) => ({
  id: "s1",
  name: "snap",
  volume_id: ID,
  status: "available",
  size: 2,
  created_at: "2026-11-22T05:20:23.000000",
  ...fields,
});
const sentBody = (fake: ReturnType<typeof fakeCloud>): unknown =>
  JSON.parse(fake.requests[0]?.body ?? "");

describe("a volume", () => {
  test.each([
    ["an object", { name: "ssd" }],
    ["a name", "ssd"],
    ["null", null],
  ])("is read whether its type is %s", async (_name, volume_type) => {
    const fake = fakeCloud(inTurn(response(200, { volume: volume({ volume_type }) })));
    expect(await fake.cloud.volumes.volume(ID)).toMatchObject({ sizeGib: 2, bootable: true });
  });

  test("tells the properties that an image of it inherits, and not Glance's own", async () => {
    const volume_image_metadata = { os_distro: "debian", image_id: "x", size: "1", checksum: "y" };
    const fake = fakeCloud(inTurn(response(200, { volume: volume({ volume_image_metadata }) })));
    expect((await fake.cloud.volumes.volume(ID))?.imageProperties).toEqual({
      os_distro: "debian",
    });
  });

  test("tells the image it was made from", async () => {
    const volume_image_metadata = { image_id: "x" };
    const fake = fakeCloud(
      inTurn(
        response(200, { volume: volume({ volume_image_metadata }) }),
        response(200, { volume: volume() }),
      ),
    );
    expect(await fake.cloud.volumes.volume(ID)).toMatchObject({ imageId: "x" });
    expect(await fake.cloud.volumes.volume(ID)).toMatchObject({ imageId: null });
  });

  test("attached to a host is attached to no server", async () => {
    const attachments = [
      { server_id: null, device: "/dev/sdb" },
      { server_id: "s", device: null },
    ];
    const fake = fakeCloud(inTurn(response(200, { volume: volume({ attachments }) })));
    expect((await fake.cloud.volumes.volume(ID))?.attachments).toEqual([
      { serverId: "s", device: null },
    ]);
  });

  test("is found by its exact name only", async () => {
    const volumes = [volume({ name: "DATA" }), volume()];
    const fake = fakeCloud(inTurn(response(200, { volumes })));
    const found = await fake.cloud.volumes.findVolumes("data");
    expect(found.map((found) => found.name)).toEqual(["data"]);
  });
});

describe("upload to an image", () => {
  const done = response(202, { "os-volume_upload_image": { id: ID, image_id: "i1" } });
  const upload = { name: "n", diskFormat: "raw", force: true };
  const notAvailable = response(400, {
    badRequest: { message: `Invalid volume: Volume ${ID} status must be available` },
  });

  test("is private, and forced by a boolean", async () => {
    const fake = fakeCloud(inTurn(done));
    expect(await fake.cloud.volumes.uploadImage(ID, upload)).toEqual({ imageId: "i1" });
    expect(sentBody(fake)).toEqual({
      "os-volume_upload_image": {
        image_name: "n",
        disk_format: "raw",
        container_format: "bare",
        force: true,
        visibility: "private",
      },
    });
  });

  test("names no visibility before 3.1", async () => {
    const fake = fakeCloud(inTurn(done), { newest: { volume: "3.0" } });
    await fake.cloud.volumes.uploadImage(ID, upload);
    expect(fake.requests[0]?.body).not.toContain("visibility");
  });

  test("of a volume in use is refused for good where force is not enabled", async () => {
    const inUse = response(200, { volume: volume({ status: "in-use" }) });
    const fake = fakeCloud(inTurn(notAvailable, inUse));
    const error = await refusal(fake.cloud.volumes.uploadImage(ID, upload));
    expect(error.code).toBe("force-refused");
    expect(error.message).toContain("enable_force_upload");
  });

  test("of a volume under upload is busy, in the very same words of Cinder's", async () => {
    const uploading = response(200, { volume: volume({ status: "uploading" }) });
    const fake = fakeCloud(inTurn(notAvailable, uploading));
    expect((await refusal(fake.cloud.volumes.uploadImage(ID, upload))).code).toBe("busy");
  });

  test("without an id in the answer may have been done", async () => {
    const fake = fakeCloud(inTurn(response(202, "{}")));
    expect((await refusal(fake.cloud.volumes.uploadImage(ID, upload))).kind).toBe("unanswered");
  });
});

describe("a snapshot", () => {
  test.each([
    ["3.65", { volume_id: ID, name: "n", metadata: { k: "v" }, force: true }],
    ["3.66", { volume_id: ID, name: "n", metadata: { k: "v" } }],
  ])("at %s is made of a volume in use too", async (newest, body) => {
    const fake = fakeCloud(inTurn(response(202, { snapshot: { id: "s1" } })), {
      newest: { volume: newest },
    });
    expect(await fake.cloud.volumes.createSnapshot(ID, "n", { k: "v" })).toEqual({
      snapshotId: "s1",
    });
    expect(sentBody(fake)).toEqual({ snapshot: body });
  });

  test("has its time in UTC, which Cinder does not write", async () => {
    const fake = fakeCloud(inTurn(response(200, { snapshot: snapshot() })));
    expect((await fake.cloud.volumes.snapshot("s1"))?.createdAtMs).toBe(
      Date.parse("2026-11-22T05:20:23Z"),
    );
  });

  test("list is whole or not at all", async () => {
    const first = response(200, { snapshots: [snapshot()], snapshots_links: [{ rel: "next" }] });
    const fake = fakeCloud(inTurn(first, response(503)));
    expect((await refusal(fake.cloud.volumes.snapshots())).kind).toBe("transient");
  });

  test("that vanishes between two pages means to look again", async () => {
    const first = response(200, { snapshots: [snapshot()], snapshots_links: [{ rel: "next" }] });
    const fake = fakeCloud(inTurn(first, response(404, { itemNotFound: { message: "marker" } })));
    expect((await refusal(fake.cloud.volumes.snapshots())).kind).toBe("transient");
  });
});

test("a volume of a snapshot names no size: it is as large", async () => {
  const fake = fakeCloud(inTurn(response(202, { volume: { id: "v2" } })));
  expect(await fake.cloud.volumes.createVolume("s1", "n", {})).toEqual({ volumeId: "v2" });
  expect(sentBody(fake)).toEqual({ volume: { snapshot_id: "s1", name: "n", metadata: {} } });
});

describe("deleting", () => {
  test("what is gone is done", async () => {
    const gone = response(404, { itemNotFound: { message: "x" } });
    const fake = fakeCloud(inTurn(gone, gone));
    await fake.cloud.volumes.deleteSnapshot("s1");
    await expect(fake.cloud.volumes.deleteVolume(ID)).resolves.toBeUndefined();
  });
});

describe("why an upload failed", () => {
  const message = (fields: Record<string, unknown> = {}) => ({
    user_message: "copy volume to image:Failed to upload volume to image at backend.",
    created_at: "2026-11-22T05:00:01.000000",
    request_id: "req-9",
    resource_uuid: ID,
    ...fields,
  });

  test("is the newest message about this volume since then", async () => {
    const messages = [
      message({ user_message: "old", created_at: "2026-11-22T04:00:00.000000" }),
      message(),
      message({ user_message: "another's", resource_uuid: "v9" }),
    ];
    const fake = fakeCloud(inTurn(response(200, { messages })));
    expect(await fake.cloud.volumes.failureOf(ID, NOW_MS)).toEqual({
      message: "copy volume to image:Failed to upload volume to image at backend.",
      requestId: "req-9",
    });
  });

  test("is not asked before there are messages (3.3)", async () => {
    const fake = fakeCloud(inTurn(), { newest: { volume: "3.2" } });
    expect(await fake.cloud.volumes.failureOf(ID, NOW_MS)).toBeNull();
  });
});
