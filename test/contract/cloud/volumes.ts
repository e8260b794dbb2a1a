import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { itWithOperator } from "../needs-operator.ts";
import { idIn, imageIdIn, type Stage } from "../stage.ts";
import { until } from "../target.ts";
import { expectUndone } from "./undone-writes.ts";

const UPLOAD = { disk_format: "qcow2", container_format: "bare" };

/** Volumes, their snapshots, and images uploaded from them. */
export function volumesContract(stage: Stage): void {
  let volumeId = "";
  let inUseId = "";
  beforeAll(async () => {
    volumeId = await stage.makeVolume(stage.name("plain"));
    const made = await stage.makeVolumeServer(stage.name("holder"));
    inUseId = made.bootVolumeId;
  });

  const upload = (id: string, fields: Record<string, unknown>, version?: string) =>
    stage.volume("POST", `/volumes/${id}/action`, { "os-volume_upload_image": fields }, version);

  it("an upload answers with the image's id; the volume is busy until just after the image is active", async () => {
    const image_name = stage.name("up");
    const answer = await upload(volumeId, { image_name, ...UPLOAD });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      "os-volume_upload_image": {
        id: volumeId,
        status: "uploading",
        image_name,
        disk_format: "qcow2",
        visibility: "shared",
        protected: false,
      },
    });
    expect(await stage.look("volume", volumeId)).toMatchObject({ status: "uploading" });
    const again = await upload(volumeId, { image_name, ...UPLOAD });
    expect(again.status).toBe(400);
    expect(again.json).toMatchObject({
      badRequest: {
        message: `Invalid volume: Volume ${volumeId} status must be available`,
      },
    });
    const image = await stage.untilStatus("image", imageIdIn(answer), "active");
    expect(image).toMatchObject({ disk_format: "qcow2", visibility: "shared", min_disk: 0 });
    await stage.untilStatus("volume", volumeId, "available");
  });

  it("visibility and protection may be asked for from 3.1, and default to private there", async () => {
    const image_name = stage.name("up-31");
    const wish = { image_name, ...UPLOAD, visibility: "private" };
    expect((await upload(volumeId, wish)).status).toBe(400);
    expect((await upload(volumeId, { ...wish, visibility: "public" }, "3.1")).status).toBe(403);
    const answer = await upload(volumeId, { image_name, ...UPLOAD, protected: true }, "3.1");
    expect(answer.json).toMatchObject({
      "os-volume_upload_image": { visibility: "private", protected: true },
    });
    await stage.untilStatus("image", imageIdIn(answer), "active");
    await stage.untilStatus("volume", volumeId, "available");
  });

  it("what Cinder does not understand is 400, an unknown volume 404", async () => {
    const image_name = stage.name("bad");
    const bad: Array<Record<string, unknown>> = [
      { ...UPLOAD },
      { ...UPLOAD, image_name: "" },
      { ...UPLOAD, image_name: "n".repeat(256) },
      { ...UPLOAD, image_name, disk_format: "floppy" },
      { ...UPLOAD, image_name, force: "maybe" },
      { ...UPLOAD, image_name, metadata: { k: "v" } },
    ];
    for (const fields of bad) expect((await upload(volumeId, fields)).status).toBe(400);
    const unknown = "00000000-0000-0000-0000-000000000000";
    const answer = await upload(unknown, { image_name, ...UPLOAD });
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      itemNotFound: { message: `Volume ${unknown} could not be found.` },
    });
  });

  it("a volume in use is not uploaded without force", async () => {
    const image_name = stage.name("unforced");
    for (const force of [{}, { force: false }]) {
      const answer = await upload(inUseId, { image_name, ...UPLOAD, ...force });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({
        badRequest: { message: `Invalid volume: Volume ${inUseId} status must be available` },
      });
    }
  });

  it("a snapshot of a volume in use wants force below 3.66, and refuses a false one from then on", async () => {
    const snapshot = { volume_id: inUseId, name: stage.name("in-use") };
    const plain = await stage.volume("POST", "/snapshots", { snapshot });
    expect(plain.status).toBe(400);
    expect(plain.json).toMatchObject({
      badRequest: {
        message: `Invalid volume: Volume ${inUseId} status must be available, but current status is: in-use.`,
      },
    });
    const forced = await stage.volume("POST", "/snapshots", {
      snapshot: { ...snapshot, force: true },
    });
    expect(forced.status).toBe(202);
    const implied = await stage.volume("POST", "/snapshots", { snapshot }, "3.66");
    expect(implied.status).toBe(202);
    const refused = { snapshot: { ...snapshot, force: false } };
    expect((await stage.volume("POST", "/snapshots", refused, "3.66")).status).toBe(400);
    await stage.untilStatus("snapshot", idIn(forced, "snapshot"), "available");
    await stage.untilStatus("snapshot", idIn(implied, "snapshot"), "available");
  });

  it("a snapshot keeps its metadata, and a volume made from it keeps what an image would inherit", async () => {
    const snapshot = { volume_id: volumeId, name: stage.name("sn"), metadata: { k: "v" } };
    const answer = await stage.volume("POST", "/snapshots", { snapshot });
    expect(answer.status).toBe(202);
    const snapshotId = idIn(answer, "snapshot");
    expect(await stage.untilStatus("snapshot", snapshotId, "available")).toMatchObject({
      name: stage.name("sn"),
      volume_id: volumeId,
      size: 1,
      metadata: { k: "v" },
    });
    const kept = await stage.volume("DELETE", `/volumes/${volumeId}`);
    expect(kept.status).toBe(400);
    expect(kept.json).toMatchObject({
      badRequest: { message: expect.stringContaining("have snapshots") },
    });

    const volume = { snapshot_id: snapshotId, name: stage.name("of-sn"), metadata: { m: "1" } };
    const created = await stage.volume("POST", "/volumes", { volume });
    expect(created.status).toBe(202);
    const copyId = idIn(created, "volume");
    const copy = await stage.untilStatus("volume", copyId, "available");
    expect(copy).toMatchObject({
      snapshot_id: snapshotId,
      size: 1,
      bootable: "true",
      metadata: { m: "1" },
      attachments: [],
      volume_image_metadata: { image_id: stage.baseImageId },
    });
    expect((await stage.volume("DELETE", `/volumes/${copyId}`)).status).toBe(202);
    await stage.untilGone("volume", copyId);
    expect((await stage.volume("DELETE", `/snapshots/${snapshotId}`)).status).toBe(202);
    await stage.untilGone("snapshot", snapshotId);
  });

  it("lists page by absolute links, and pass names and status through as filters", async () => {
    const names = z.object({
      snapshots: z.array(z.object({ id: z.string(), name: z.string() })),
      snapshots_links: z.array(z.object({ rel: z.literal("next"), href: z.string() })).optional(),
    });
    const wanted = stage.name("page");
    for (let twice = 0; twice < 2; twice += 1) {
      const snapshot = { volume_id: volumeId, name: wanted };
      const id = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
      await stage.untilStatus("snapshot", id, "available");
    }
    const path = `/snapshots/detail?name=${wanted}&limit=1`;
    const first = names.parse((await stage.volume("GET", path)).json);
    expect(first.snapshots).toHaveLength(1);
    const next = new URL(first.snapshots_links?.[0]?.href ?? "");
    expect(next.searchParams.get("marker")).toBe(first.snapshots[0]?.id);
    const second = names.parse((await stage.volume("GET", `/snapshots/detail${next.search}`)).json);
    expect(second.snapshots).toHaveLength(1);
    expect(second.snapshots[0]?.id).not.toBe(first.snapshots[0]?.id);

    const none = await stage.volume("GET", `/volumes/detail?name=${stage.name("nobody")}`);
    expect(none.json).toEqual({ volumes: [] });
  });

  it("messages came with 3.3", async () => {
    expect((await stage.volume("GET", "/messages", undefined, "3.3")).status).toBe(200);
    expect((await stage.volume("GET", "/messages")).status).toBe(404);
  });

  volumesOperatorContract(stage, () => ({ volumeId, inUseId }));
}

function volumesOperatorContract(
  stage: Stage,
  ids: () => { volumeId: string; inUseId: string },
): void {
  const upload = (id: string, fields: Record<string, unknown>) =>
    stage.volume("POST", `/volumes/${id}/action`, { "os-volume_upload_image": fields });

  itWithOperator(
    stage,
    "what is written on an image while Cinder saves it is undone when it becomes active",
    async (operator) => {
      const { volumeId } = ids();
      operator.uploads({ savingSeconds: 3 });
      const name = stage.name("saved-volume");
      const answer = await upload(volumeId, { image_name: name, ...UPLOAD });
      await expectUndone(stage, imageIdIn(answer), name);
      await stage.untilStatus("volume", volumeId, "available");
    },
  );

  itWithOperator(
    stage,
    "a broken upload of a volume deletes the image and leaves a message",
    async (operator) => {
      const { volumeId } = ids();
      operator.uploads({ savingSeconds: 1, broken: true });
      const answer = await upload(volumeId, { image_name: stage.name("broken"), ...UPLOAD });
      await stage.untilGone("image", imageIdIn(answer));
      await stage.untilStatus("volume", volumeId, "available");
      const path = `/messages?resource_uuid=${volumeId}`;
      await until(stage.target, "the message", async () => {
        const messages = await stage.volume("GET", path, undefined, "3.5");
        const parsed = z.object({ messages: z.array(z.looseObject({})) }).parse(messages.json);
        return parsed.messages.length > 0 ? true : null;
      });
      const messages = await stage.volume("GET", path, undefined, "3.5");
      expect(messages.json).toMatchObject({
        messages: [
          {
            user_message: "copy volume to image:Failed to upload volume to image at backend.",
            resource_uuid: volumeId,
            request_id: answer.headers["x-openstack-request-id"],
          },
        ],
      });
    },
  );

  itWithOperator(
    stage,
    "a snapshot quota used up refuses a snapshot with 413 and Retry-After: 0",
    async (operator) => {
      const { volumeId } = ids();
      const owned = await stage.list("volume", "/snapshots", "snapshots");
      try {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: owned.length });
        const snapshot = { volume_id: volumeId, name: stage.name("quota") };
        const answer = await stage.volume("POST", "/snapshots", { snapshot });
        expect(answer.status).toBe(413);
        expect(answer.headers["retry-after"]).toBe("0");
        expect(answer.json).toMatchObject({
          overLimit: {
            code: 413,
            message: expect.stringMatching(/^SnapshotLimitExceeded/u),
            retryAfter: "0",
          },
        });
      } finally {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: -1 });
      }
    },
  );

  itWithOperator(
    stage,
    "force is ignored where the operator has not enabled it",
    async (operator) => {
      const { inUseId } = ids();
      const wish = { image_name: stage.name("forced"), ...UPLOAD };
      try {
        operator.forcedUploads(false);
        for (const force of [true, "True"]) {
          const answer = await upload(inUseId, { ...wish, force });
          expect(answer.status).toBe(400);
          expect(answer.json).toMatchObject({
            badRequest: { message: `Invalid volume: Volume ${inUseId} status must be available` },
          });
        }
      } finally {
        operator.forcedUploads(true);
      }
      for (const force of [true, "True"]) {
        const answer = await upload(inUseId, { ...wish, force });
        expect(answer.status).toBe(202);
        await stage.untilStatus("image", imageIdIn(answer), "active");
        await stage.untilStatus("volume", inUseId, "in-use");
      }
    },
  );
}
