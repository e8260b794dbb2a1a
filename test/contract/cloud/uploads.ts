import { beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { itWithOperator } from "../needs-operator.ts";
import { imageIdIn, type Stage } from "../stage.ts";
import { until } from "../target.ts";
import { expectUndone } from "./undone-writes.ts";

const UPLOAD = { disk_format: "qcow2", container_format: "bare" };

/** os-volume_upload_image: images made of volumes by Cinder. */
export function uploadsContract(stage: Stage): void {
  let volumeId = "";
  let inUseId = "";
  beforeAll(async () => {
    volumeId = await stage.makeVolume(stage.name("uploaded"));
    const made = await stage.makeVolumeServer(stage.name("uploaded-from"));
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
    expect(await stage.observe("volume", volumeId)).toMatchObject({ status: "uploading" });
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

  itWithOperator(
    stage,
    "what is written on an image while Cinder saves it is undone when it becomes active",
    async (operator) => {
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
    "force is ignored where the operator has not enabled it",
    async (operator) => {
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
